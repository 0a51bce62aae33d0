/** Whether the browser may notify, and asking it: only after the person said so here. */
import { defineStore } from "pinia";
import { ref } from "vue";

import { usePreferences } from "./preferences";

export type Leave = NotificationPermission | "missing";

export const useNotifications = defineStore("notifications", () => {
  const preferences = usePreferences();
  const leave = ref<Leave>(typeof Notification === "undefined" ? "missing" : Notification.permission);

  async function turnOn(): Promise<void> {
    if (leave.value === "default") leave.value = await Notification.requestPermission();
    preferences.notifications = leave.value === "granted";
  }

  function turnOff(): void {
    preferences.notifications = false;
  }

  return { leave, turnOn, turnOff };
});
