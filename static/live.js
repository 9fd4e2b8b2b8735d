// Live pages: a tab that is looked at asks every 4 seconds what has changed, and says when nobody answers.
(() => {
  "use strict";
  const PERIOD_MS = 4000;
  const LONGEST_PAUSE_MS = 60000;
  const PATIENCE_MS = 10000;
  const SLEPT_MS = 30000;
  const RELIEF_MS = 4000;
  const MOST_CARDS = 8;
  const CALM_MS = 30000;

  const { focusNear, isChanged, pictureOf } = window.sleuth;

  const marker = document.querySelector("[data-live]"); // carries the address to ask next
  let timer = 0;
  let dueAt = 0;
  let failures = 0;
  let heardAt = new Date();
  let isAsking = false;
  let isOver = false;
  let isLeaving = false; // what a browser cuts off on its way to another page is not lost
  const owed = new Set(); // events whose drawing was lost with the connection, or put off

  // --- What is said of the connection ---------------------------------------------------
  let strip = null;
  let relief = 0;

  const say = (message, picture = "", ...more) => {
    clearTimeout(relief);
    if (!strip) {
      strip = document.createElement("div");
      strip.id = strip.className = "connection";
      strip.dataset.above = "";
      strip.setAttribute("role", "status");
      (document.querySelector("dialog[open]") || document.body).append(strip);
    }
    delete strip.dataset.isGood;
    if (strip.dataset.message === message) return;
    strip.dataset.message = message;
    const words = document.createElement("span");
    words.textContent = message;
    // A screen reader tells what changes in a region that it knows already.
    requestAnimationFrame(() => {
      const hadFocus = strip.contains(document.activeElement);
      strip.replaceChildren(...(message ? [pictureOf(picture), words, ...more] : []));
      if (hadFocus) focusNear(strip.id, "dialog-body");
    });
  };

  const button = (element, label) => Object.assign(document.createElement(element), { className: "btn btn-sm", textContent: label });
  const asOf = () => `What you see is from ${heardAt.toLocaleTimeString(undefined, { timeStyle: "short" })}.`;

  const sayLost = () => {
    const now = button("button", "Try now");
    now.addEventListener("click", () => ask());
    say(`Connection lost. ${asOf()} Trying again …`, "wifi-off", now);
  };

  const sayBack = () => {
    say("Connected again.", "circle-check");
    strip.dataset.isGood = "";
    document.dispatchEvent(new CustomEvent("connectedAgain"));
    relief = setTimeout(() => say(""), RELIEF_MS);
  };

  const stop = (words, label, url) => {
    isOver = true;
    clearTimeout(timer);
    const way = button("a", label);
    way.href = url;
    say(`${words} ${asOf()}`, "lock", way);
  };

  const signedOut = (entrance) => stop("You were signed out.", "Sign in again", entrance);

  // --- Asking ---------------------------------------------------------------------------
  const later = (wait) => {
    clearTimeout(timer);
    dueAt = Date.now() + wait;
    timer = setTimeout(ask, wait);
  };

  const failed = () => {
    if (isLeaving) return later(PERIOD_MS);
    failures += 1;
    sayLost();
    return later(Math.min(PERIOD_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS));
  };

  // Who has heard nothing for long draws all that ever listens.
  const everything = () =>
    [...document.querySelectorAll("[hx-trigger*=Changed]")].flatMap((each) => each.getAttribute("hx-trigger").match(/\w+Changed(:[\w-]+)?/g));

  // Many cards of a list are drawn with the list.
  const withLists = (names) => {
    const isCard = (name) => name.startsWith("deployChanged:") && document.querySelector(`article[hx-trigger*="${name} "]`);
    const areMany = names.filter(isCard).length > MOST_CARDS;
    return areMany ? [...names, ...everything().filter((name) => name.startsWith("deploysChanged"))] : names;
  };

  // Each verdict is on its card at once; what counts them is drawn again once for many in a row.
  let countedAt = 0;

  const withoutRush = (names) => {
    const isDrawnAnyway = (name) => names.includes(name.replace("health", "deploys"));
    const healths = names.filter((name) => name.startsWith("healthChanged") && !isDrawnAnyway(name));
    const passed = Date.now() - countedAt;
    const isRush = passed >= 0 && passed < CALM_MS; // a clock may be set back
    if (healths.length && !isRush) countedAt = Date.now();
    if (isRush) for (const name of healths) owed.add(name);
    return isRush ? names.filter((name) => !healths.includes(name)) : names;
  };

  const heard = (names) => {
    if (failures) sayBack();
    failures = 0;
    heardAt = new Date();
    const all = new Set([...(names.includes("muchChanged") ? everything() : names), ...owed]);
    owed.clear();
    later(PERIOD_MS);
    for (const name of withLists(withoutRush([...all]))) window.htmx.trigger(document.body, name);
  };

  const read = async (answer) => {
    const entrance = answer.headers.get("HX-Redirect");
    const isOurs = (answer.headers.get("Vary") || "").includes("HX-Request");
    if (entrance || answer.type === "opaqueredirect" || answer.status === 401) {
      signedOut(entrance || window.location.href);
    } else if (isOurs && [403, 404].includes(answer.status)) {
      stop("This organization is not open to you any more.", "Reload", window.location.href);
    } else if (answer.status === 204) {
      heard([]);
    } else {
      const told = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-live]");
      if (!answer.ok || !told) return failed(); // not Sleuth answered, but something on the way
      marker.dataset.live = told.dataset.live;
      heard(Object.keys(JSON.parse(answer.headers.get("HX-Trigger") || "{}")));
    }
  };

  const ask = async () => {
    clearTimeout(timer);
    if (isOver || isAsking || document.visibilityState !== "visible") return;
    const isAwake = Date.now() - dueAt < SLEPT_MS;
    const cut = new AbortController();
    const patience = setTimeout(() => cut.abort(), PATIENCE_MS);
    isAsking = true;
    try {
      const headers = { "HX-Request": "true", "HX-Current-URL": window.location.href };
      await read(await fetch(marker.dataset.live, { headers, redirect: "manual", cache: "no-store", signal: cut.signal }));
    } catch {
      failed(); // offline, cut off, or no answer in time
    } finally {
      isAsking = false;
      clearTimeout(patience);
    }
    if (!isAwake) window.htmx.trigger(document.body, "seenAgain");
  };

  // While nobody looks, or the computer sleeps, nothing tells of what became old.
  const lookAgain = () => {
    if (document.visibilityState !== "visible") return clearTimeout(timer);
    dueAt = Date.now();
    window.htmx.trigger(document.body, "seenAgain");
    return ask();
  };

  // --- Drawing --------------------------------------------------------------------------
  const isTold = (event) => event instanceof CustomEvent && /Changed(:|$)|^seenAgain$/.test(event.type);
  const isWished = (event) => Boolean(event) && !isTold(event);
  const due = new Map();

  // Several events at once draw a part once, and what lies in another with it.
  const draw = () => {
    const parts = [...due];
    due.clear();
    for (const [part, issue] of parts) {
      const isWithin = parts.some(([other]) => other !== part && other.contains(part));
      if (part.isConnected && (!isWithin || part.closest("[data-loaded]"))) issue(true);
    }
  };

  document.addEventListener("htmx:confirm", (event) => {
    const { elt, target, triggeringEvent, issueRequest } = event.detail;
    const isUseless = isOver || (!triggeringEvent && document.visibilityState !== "visible");
    if (isUseless && !isWished(triggeringEvent)) return event.preventDefault();
    if (elt !== target || !isTold(triggeringEvent)) return;
    event.preventDefault();
    if (!due.size) queueMicrotask(draw);
    due.set(elt, issueRequest);
  });

  // A part that asks by itself must not take the reader, and what is half typed, to the sign-in page.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { elt, triggeringEvent } = event.detail.requestConfig;
    const entrance = event.detail.xhr.getResponseHeader("HX-Redirect");
    const hasNothingTyped = elt.closest("dialog") && !document.querySelector("dialog [data-keep]");
    if (!entrance || isWished(triggeringEvent) || hasNothingTyped) return;
    event.preventDefault();
    signedOut(entrance);
  });

  const owe = ({ detail }) => {
    const { triggeringEvent } = detail.requestConfig;
    if (!isTold(triggeringEvent) || (detail.xhr.status && detail.xhr.status < 502)) return;
    owed.add(triggeringEvent.type);
    countedAt = 0;
  };

  // What the reader has opened, typed or chosen stays when the page draws itself again.
  const isBegun = (form) => [...form.querySelectorAll("input, select, textarea")].some(isChanged);
  const fieldOf = (node) => (node.matches("input, textarea") ? node : node.closest("select"));
  let isByItself = false;

  const { callbacks } = window.Idiomorph.defaults;
  callbacks.beforeAttributeUpdated = (name, node) => {
    if (name === "open" && node instanceof HTMLDetailsElement) return false;
    const field = isByItself && ["value", "checked", "selected"].includes(name) && fieldOf(node);
    return !(field && isChanged(field));
  };

  // What was loaded in place stays; it hears of changes by itself. A time is told in the reader's words.
  callbacks.beforeNodeMorphed = (old, fresh) => {
    if (!(old instanceof Element)) return true;
    const isLoaded = old.hasAttribute("data-loaded") && !fresh.hasAttribute("data-loaded");
    const isSameTime = old.localName === "time" && old.dateTime === fresh.dateTime;
    return !isLoaded && !isSameTime && !(old.hasAttribute("data-draft") && isBegun(old));
  };

  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const { elt, path, triggeringEvent, verb } = detail.requestConfig;
    isByItself = !isWished(triggeringEvent);
    // Meanwhile the reader has chosen something else: what was asked for before must not take its place.
    if (!isByItself || elt !== detail.target || elt.getAttribute(`hx-${verb}`) === path) return;
    detail.shouldSwap = false;
    if (triggeringEvent) window.htmx.trigger(document.body, triggeringEvent.type);
  });

  // Where what had the focus is gone, the keyboard goes on at the card beside it, or in what took its place.
  let heirs = [];

  const beside = (card) => {
    const cards = [...card.parentElement.children].filter((each) => each.matches("article[id]"));
    const place = cards.indexOf(card);
    return place < 0 ? [] : [...cards.slice(place + 1), ...cards.slice(0, place).reverse()];
  };

  const heirsOf = (each, target) => {
    const further = each === target ? [] : heirsOf(each.parentElement, target);
    return [each.id, ...beside(each).map(({ id }) => id), ...further];
  };

  document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
    const { activeElement, body } = document;
    if (activeElement !== body && target.contains(activeElement)) heirs = heirsOf(activeElement, target);
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!heirs.length || document.querySelector("dialog[open]")) return;
    if (document.activeElement === document.body) focusNear(...heirs);
    heirs = [];
  });

  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) document.addEventListener(name, owe);
  document.addEventListener("visibilitychange", lookAgain);
  window.addEventListener("pageshow", (event) => event.persisted && lookAgain());
  window.addEventListener("beforeunload", () => {
    isLeaving = true;
    setTimeout(() => { isLeaving = false; }, PATIENCE_MS);
  });
  window.addEventListener("online", () => ask());
  window.addEventListener("focus", () => Date.now() > dueAt && ask());
  window.addEventListener("offline", () => isOver || failed());
  later(PERIOD_MS);
})();
