"""HTTP for programs and pages: REST under /api/v1, its description, health, metrics, the web app.

A request in five lines: `front` counts it, holds back an address that asks too much and adds the
security headers; a page goes to `webapp`, everything else to Litestar; a guard of `identity`
turns the bearer token into who asks; a handler in `routes` calls one service and returns a
struct; whatever is refused becomes the one error shape in `errors`.

No rule of the product lives here: REST and the native protocol call the same services, which
`services` lists as the protocols that this package needs. All state is either the services' or
bounded (`limits`). May import push, wire, ports and model; never gateway, doors or drivers.
"""
