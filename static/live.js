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

  const isChanged = (field) =>
    field.options ? [...field.options].some((each) => each.selected !== each.defaultSelected) : field.value !== field.defaultValue;

  const isBegun = (form) => [...form.querySelectorAll("input, select, textarea")].some(isChanged);

  // What was loaded in place stays; it hears of changes by itself. So does what is half typed, until it is sent.
  window.Idiomorph.defaults.callbacks.beforeNodeMorphed = (old, fresh) => {
    if (!(old instanceof Element)) return true;
    const isLoaded = old.hasAttribute("data-loaded") && !fresh.hasAttribute("data-loaded");
    return !isLoaded && !(old.hasAttribute("data-draft") && isBegun(old));
  };

  // While nobody looks, nothing tells of what became old.
  const lookAgain = () => {
    ask();
    if (document.visibilityState === "visible") window.htmx.trigger(document.body, "seenAgain");
  };

  setInterval(ask, PERIOD_MS);
  document.addEventListener("visibilitychange", lookAgain);
})();
// When the card that has the focus leaves the list, the keyboard goes on at the one beside it.
(() => {
  "use strict";
  let heirs = [];

  document.addEventListener("htmx:beforeSwap", () => {
    const card = document.activeElement?.closest("article.deploy-card");
    const cards = card ? [...document.querySelectorAll("article.deploy-card")] : [];
    const place = cards.indexOf(card);
    heirs = [...cards.slice(place), ...cards.slice(0, Math.max(place, 0)).reverse()].map((each) => each.id);
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!heirs.length || document.activeElement !== document.body || document.getElementById(heirs[0])) return;
    const heir = heirs.map((id) => document.getElementById(id)).find(Boolean);
    (heir?.querySelector(".deploy-title a") || document.getElementById("main")).focus({ preventScroll: true });
  });
})();
