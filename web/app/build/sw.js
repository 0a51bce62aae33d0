/*
 * The app shell without a network. Nothing of the server's data passes through here: only the page
 * and its hashed files are answered, so /api and /ws are never cached.
 *
 * A new version waits until the person reloads: an open page keeps the files that it was built with.
 */
const VERSION = "__VERSION__";
const SHELL = ["__SHELL__"];
const CACHE = `parlor-${VERSION}`;
const PAGE_WAIT_MS = 3000;
const NOT_THE_APP = /^\/(api|ws|http|docs|openapi\.json|healthz|readyz|metrics|goim)(\/|$)/;

self.addEventListener("install", (event) => {
  const whole = SHELL.map((path) => new Request(path, { cache: "reload" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(whole)));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("message", (event) => {
  if (event.data === "take-over") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (NOT_THE_APP.test(url.pathname)) return;
  if (event.request.mode === "navigate") event.respondWith(page(event.request));
  else if (SHELL.includes(url.pathname)) event.respondWith(file(event.request, url.pathname));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const target = event.notification.data?.path ?? "/";
  event.waitUntil(
    self.clients.matchAll({ type: "window", includeUncontrolled: true }).then((pages) => {
      const open = pages[0];
      if (open === undefined) return self.clients.openWindow(target);
      open.postMessage({ open: target });
      return open.focus();
    }),
  );
});

async function page(request) {
  const kept = () => caches.match("/index.html", { cacheName: CACHE });
  try {
    return await fetch(request, { signal: AbortSignal.timeout(PAGE_WAIT_MS) });
  } catch {
    return (await kept()) ?? Response.error();
  }
}

async function file(request, path) {
  return (await caches.match(path, { cacheName: CACHE })) ?? fetch(request);
}
