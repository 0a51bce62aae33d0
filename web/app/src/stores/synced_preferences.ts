/** Language, theme and sounds are a person's own, not a browser's: the same in all tabs and on all devices. */
import { onScopeDispose, watch } from "vue";

import { LANGUAGES } from "@/i18n";
import { parlor } from "@/sdk";

import { usePreferences, type Theme } from "./preferences";

const THEMES: readonly Theme[] = ["system", "light", "dark"];

/** Call once, in the shell's scope: what was chosen elsewhere holds here, what is chosen here is told. */
export function followOwnPreferences(): void {
  const preferences = usePreferences();

  function take(settings: ReadonlyMap<string, unknown>): void {
    const theme = THEMES.find((one) => one === settings.get("web.theme"));
    const language = LANGUAGES.find(({ id }) => id === settings.get("web.language"))?.id;
    const sound = settings.get("web.sound");
    if (theme !== undefined) preferences.theme = theme;
    if (typeof sound === "boolean") preferences.sound = sound;
    if (language !== undefined && language !== preferences.language) void preferences.setLanguage(language);
  }

  take(parlor.own.settings.get());
  onScopeDispose(parlor.own.settings.subscribe(take));
  const tell = (name: string, value: unknown): void => {
    if (parlor.own.settings.get().get(name) !== value) parlor.own.set(name, value);
  };
  watch(() => preferences.theme, (theme) => tell("web.theme", theme));
  watch(() => preferences.language, (language) => tell("web.language", language));
  watch(() => preferences.sound, (sound) => tell("web.sound", sound));
}
