// Sets the colour theme before the first paint; loaded without defer so that nothing flashes.
(() => {
  const KEY = "trapline-theme";
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  function stored() {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // storage is blocked: follow the system
    }
  }

  function apply() {
    const choice = stored();
    const theme = choice === "light" || choice === "dark" ? choice : dark.matches ? "dark" : "light";
    document.documentElement.dataset.bsTheme = theme;
    document.documentElement.dataset.themeChoice = choice ?? "system";
  }

  window.traplineTheme = {
    choose(choice) {
      try {
        if (choice === "system") localStorage.removeItem(KEY);
        else localStorage.setItem(KEY, choice);
      } catch {
        document.documentElement.dataset.bsTheme = choice === "system" ? "light" : choice;
        return;
      }
      apply();
    },
  };
  dark.addEventListener("change", apply);
  apply();
})();
