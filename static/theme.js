// Runs before the first paint: a page must not flash in the wrong colours.
(() => {
  "use strict";
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const print = window.matchMedia("print");
  let isPrinting = false;

  const read = () => {
    try {
      return localStorage.getItem("sleuth-theme") || "auto";
    } catch {
      return "auto"; // storage is switched off in this browser
    }
  };

  const apply = () => {
    const choice = read();
    const isWanted = choice === "dark" || (choice === "auto" && dark.matches);
    const isDark = isWanted && !print.matches && !isPrinting; // paper is white
    root.dataset.bsTheme = isDark ? "dark" : "light";
    root.dataset.themeChoice = choice;
  };

  root.classList.remove("no-js");
  root.addEventListener("sleuth:theme", apply);
  dark.addEventListener("change", apply);
  print.addEventListener("change", apply);
  for (const [name, begins] of [["beforeprint", true], ["afterprint", false]]) {
    window.addEventListener(name, () => {
      isPrinting = begins;
      apply();
    });
  }
  apply();
})();
