from benches.web import first_loaded


def test_scripts_preloaded_modules_and_styles_are_loaded_first():
    page = """<!doctype html><head>
      <link rel="icon" href="/icon.svg"><link rel="manifest" href="/app.webmanifest">
      <script type="module" crossorigin src="/assets/index-a1.js"></script>
      <link rel="modulepreload" crossorigin href="./assets/vue-b2.js">
      <link rel="stylesheet" crossorigin href="/assets/index-c3.css">
      <script src="/assets/index-a1.js"></script>
    </head>"""
    assert first_loaded(page) == [
        "assets/index-a1.js",
        "assets/vue-b2.js",
        "assets/index-c3.css",
    ]
