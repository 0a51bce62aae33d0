/** Naive UI in the colours of styles/variables.css, so that there is one place to change them. */
import { darkTheme, lightTheme, type GlobalTheme, type GlobalThemeOverrides } from "naive-ui";

/** Naive UI mixes colours by itself and needs them resolved: `light-dark()` is not enough. */
export function naiveTheme(dark: boolean): { theme: GlobalTheme; overrides: GlobalThemeOverrides } {
  const probe = document.createElement("i");
  probe.style.colorScheme = dark ? "dark" : "light";
  // A transition would answer with the colour before.
  probe.style.setProperty("transition", "none", "important");
  document.body.append(probe);
  const style = getComputedStyle(probe);
  const colour = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return style.color;
  };
  const fonts = getComputedStyle(document.documentElement).getPropertyValue("--font");
  const overrides: GlobalThemeOverrides = {
    common: {
      primaryColor: colour("accent"),
      primaryColorHover: colour("accent-hover"),
      primaryColorPressed: colour("accent-pressed"),
      primaryColorSuppl: colour("accent"),
      errorColor: colour("danger"),
      errorColorHover: colour("danger-hover"),
      errorColorPressed: colour("danger-hover"),
      errorColorSuppl: colour("danger"),
      textColorBase: colour("text"),
      textColor1: colour("text"),
      textColor2: colour("text"),
      textColor3: colour("text-3"),
      placeholderColor: colour("text-3"),
      iconColor: colour("text-2"),
      borderColor: colour("line-strong"),
      dividerColor: colour("line"),
      inputColor: colour("field"),
      cardColor: colour("raised"),
      modalColor: colour("raised"),
      popoverColor: colour("raised"),
      bodyColor: colour("stage"),
      hoverColor: colour("hover"),
      fontFamily: fonts,
      fontSize: "15px",
      fontSizeMedium: "15px",
      fontSizeLarge: "15px",
      borderRadius: "10px",
      heightMedium: "38px",
      heightLarge: "44px",
    },
    Button: {
      textColorPrimary: "#fff",
      textColorHoverPrimary: "#fff",
      textColorPressedPrimary: "#fff",
      textColorFocusPrimary: "#fff",
      textColorDisabledPrimary: "#fff",
      textColorError: "#fff",
      textColorHoverError: "#fff",
      textColorPressedError: "#fff",
      textColorFocusError: "#fff",
      textColorHover: colour("accent-text"),
      textColorPressed: colour("accent-text"),
      textColorFocus: colour("accent-text"),
      textColorGhostError: colour("danger-text"),
      textColorGhostHoverError: colour("danger-text"),
      textColorGhostPressedError: colour("danger-text"),
      textColorGhostFocusError: colour("danger-text"),
      colorFocusPrimary: colour("accent"),
      fontWeight: "500",
      rippleDuration: "0s",
    },
    Input: {
      color: colour("field"),
      colorFocus: colour("field"),
      border: `1px solid ${colour("line-strong")}`,
      borderHover: `1px solid ${colour("text-3")}`,
      borderFocus: `1px solid ${colour("accent")}`,
      boxShadowFocus: `0 0 0 3px ${colour("accent-ring")}`,
    },
    Switch: { railColorActive: colour("accent") },
  };
  probe.remove();
  return { theme: dark ? darkTheme : lightTheme, overrides };
}
