/** The app's languages: which one is shown, loading the other, and dates and numbers in it. */
import { createI18n } from "vue-i18n";

import type { Catalogue } from "./en";

export type Language = "en" | "zh";
export const LANGUAGES: readonly { id: Language; name: string }[] = [
  { id: "en", name: "English" },
  { id: "zh", name: "中文" },
];

const load: Record<Language, () => Promise<{ default: Catalogue }>> = {
  en: () => import("./en"),
  zh: () => import("./zh"),
};

export const i18n = createI18n<[Catalogue], Language, false>({
  legacy: false,
  locale: "en",
  messages: {} as Record<Language, Catalogue>,
  missingWarn: import.meta.env.DEV,
  fallbackWarn: false,
});

/** The language for somebody who chose none: Chinese when the browser's first language is. */
export function languageOfBrowser(): Language {
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

/** Show `language` everywhere, from now on. Resolves when its words are there. */
export async function speak(language: Language): Promise<void> {
  const { default: words } = await load[language]();
  i18n.global.setLocaleMessage(language, words);
  i18n.global.locale.value = language;
  document.documentElement.lang = language;
}

/** The BCP 47 tag that `Intl` takes. */
export function localeOf(language: string): string {
  return language === "zh" ? "zh-CN" : "en-GB";
}
