import { createPinia } from "pinia";
import { createApp } from "vue";

import "./styles/variables.css";
import "./styles/base.css";

import App from "./App.vue";
import { i18n, speak } from "./i18n";
import { keepAppFresh } from "./app_version";
import { forgetRoomsOnSignOut } from "./room/recent";
import { router } from "./router";
import { parlor } from "./sdk";
import { usePreferences } from "./stores/preferences";

async function start(): Promise<void> {
  const app = createApp(App);
  app.use(createPinia());
  const preferences = usePreferences();
  await Promise.all([speak(preferences.language), parlor.resume()]);
  app.use(i18n);
  app.use(router);

  forgetRoomsOnSignOut();
  parlor.session.subscribe((session) => {
    if (session.status !== "signed_out") return;
    const here = router.currentRoute.value;
    if (here.meta.open) return;
    const next = session.reason === "expired" && here.fullPath !== "/" ? { next: here.fullPath } : {};
    void router.replace({ name: "sign-in", query: next });
  });

  await router.isReady().catch(() => undefined);
  app.mount("#app");
  keepAppFresh();
}

void start();
