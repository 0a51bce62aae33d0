/** The service worker of the built app: offline start, and an offer to reload when a new version is there. */
import { i18n } from "./i18n";
import { router } from "./router";
import { useLayers } from "./stores/layers";

export function keepAppFresh(): void {
  // A part of an older build is gone from the server: the page that asked for it must be a new one.
  window.addEventListener("vite:preloadError", (event) => {
    event.preventDefault();
    location.reload();
  });
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  navigator.serviceWorker.addEventListener("message", (message: MessageEvent<{ open?: string }>) => {
    if (typeof message.data?.open === "string") void router.push(message.data.open);
  });
  void navigator.serviceWorker.register("/sw.js").then(watchForNew, () => undefined);
}

/** Where service workers are blocked, some browsers register nothing and say nothing. */
function watchForNew(registration: ServiceWorkerRegistration | undefined): void {
  if (registration === undefined) return;
  const offer = (): void => {
    const waiting = registration.waiting;
    if (waiting === null || navigator.serviceWorker.controller === null) return;
    const { t } = i18n.global;
    useLayers().say(t("app.newVersion"), "plain", {
      label: t("app.reload"),
      run: () => {
        navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
        waiting.postMessage("take-over");
      },
    });
  };
  offer();
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", offer);
  });
}
