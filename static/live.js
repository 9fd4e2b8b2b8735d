// Live pages: a tab that is looked at asks every 4 seconds whether anything has changed.
(() => {
  "use strict";
  const PERIOD_MS = 4000;

  const ask = () => {
    if (document.visibilityState !== "visible") return;
    for (const each of document.querySelectorAll("[data-live]")) window.htmx.trigger(each, "live");
  };

  // What the reader has opened stays open when the page draws itself again.
  window.Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) =>
    !(name === "open" && node instanceof HTMLDetailsElement);

  // What was loaded in place stays; it hears of changes by itself.
  window.Idiomorph.defaults.callbacks.beforeNodeMorphed = (old, fresh) =>
    !(old instanceof Element && old.hasAttribute("data-loaded") && !fresh.hasAttribute("data-loaded"));

  // While nobody looks, nothing tells of what became old.
  const lookAgain = () => {
    ask();
    if (document.visibilityState === "visible") window.htmx.trigger(document.body, "seenAgain");
  };

  setInterval(ask, PERIOD_MS);
  document.addEventListener("visibilitychange", lookAgain);
})();
