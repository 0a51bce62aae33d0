/** What a person chose on this browser: language, theme, sounds, notifications, width of the list. */
import { defineStore } from "pinia";
import { computed, reactive, toRefs, watch } from "vue";
import { usePreferredDark } from "@vueuse/core";

import { languageOfBrowser, localeOf, speak, type Language } from "@/i18n";

export type Theme = "system" | "light" | "dark";

interface Preferences {
  language: Language;
  theme: Theme;
  sound: boolean;
  notifications: boolean;
  /** Asked once about notifications and said not now. */
  notificationsDeclined: boolean;
  listWidth: number;
  recentEmoji: string[];
}

// public/theme.js reads the same key before the app is there.
const KEY = "parlor.preferences";

const DEFAULTS: Preferences = {
  language: "en",
  theme: "system",
  sound: true,
  notifications: false,
  notificationsDeclined: false,
  listWidth: 300,
  recentEmoji: [],
};

function kept(): Preferences {
  const fresh = { ...DEFAULTS, language: languageOfBrowser() };
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return typeof found === "object" && found !== null ? { ...fresh, ...found } : fresh;
  } catch {
    return fresh;
  }
}

export const usePreferences = defineStore("preferences", () => {
  const chosen = reactive(kept());
  const systemDark = usePreferredDark();
  const dark = computed(() => (chosen.theme === "system" ? systemDark.value : chosen.theme === "dark"));
  const locale = computed(() => localeOf(chosen.language));

  watch(chosen, (now) => {
    try {
      localStorage.setItem(KEY, JSON.stringify(now));
    } catch {
      // Storage may be full or forbidden: the choice holds for this visit.
    }
  });
  watch(
    () => chosen.theme,
    (theme) => {
      if (theme === "system") delete document.documentElement.dataset["theme"];
      else document.documentElement.dataset["theme"] = theme;
    },
    { immediate: true },
  );

  /** Loads the words first, so that the screen changes in one step. */
  async function setLanguage(language: Language): Promise<void> {
    await speak(language);
    chosen.language = language;
  }

  return { ...toRefs(chosen), dark, locale, setLanguage };
});
