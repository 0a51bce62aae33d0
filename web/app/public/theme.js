/* Before the first paint: the chosen theme and language, so that nothing flashes. */
(function () {
  try {
    var kept = JSON.parse(localStorage.getItem("parlor.preferences") || "{}");
    if (kept.theme === "light" || kept.theme === "dark") document.documentElement.dataset.theme = kept.theme;
    if (kept.language === "zh") document.documentElement.lang = "zh";
  } catch {
    /* Storage may be forbidden: the system's theme it is. */
  }
})();
