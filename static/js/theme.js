// Before the first paint: the reader's choice of light or dark, which the application stores.
(function () {
  try {
    var theme = localStorage.getItem("penstock-theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage may be forbidden; the system's choice is a good one.
  }
})();
