async def test_anybody_may_know_what_the_sign_in_page_needs(client):
    reply = await client.get("/api/v1/server")
    assert reply.json() == {
        "version": "1.2.3",
        "open_sign_up": True,
        "languages": ["en", "zh"],
        "limits": {
            "max_text_chars": 4_096,
            "max_title_chars": 64,
            "max_group_members": 1_000,
            "max_body_bytes": 262_144,
        },
    }
