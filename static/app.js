// What native HTML leaves open, on every page. Listeners are delegated, so swapped-in parts just work.
(() => {
  "use strict";
  const RELATIVE_UNITS = [["year", 31557600], ["month", 2629800], ["day", 86400], ["hour", 3600], ["minute", 60]];
  const EXACT = { year: "numeric", month: "short", day: "numeric", hour: "numeric", minute: "2-digit" };
  const TOAST_MS = 6000;
  const LONGEST_POST_MS = 10000;
  const ICONS = { success: "circle-check", info: "info", warning: "triangle-alert", error: "circle-alert" };

  const toasts = document.getElementById("toasts");
  const sprite = document.querySelector("svg use")?.getAttribute("href").split("#")[0];

  // --- Toasts -------------------------------------------------------------------------
  const pictureOf = (name) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    use.setAttribute("href", `${sprite}#${name}`);
    svg.append(use);
    return svg;
  };

  const toast = (message, level = "success") => {
    if (!toasts || [...toasts.children].some((each) => each.dataset.message === message)) return null;
    const box = document.createElement("div");
    const words = document.createElement("span");
    const cross = document.createElement("button");
    box.className = `toast-box toast-box-${level}`;
    box.dataset.message = message;
    words.textContent = message;
    cross.type = "button";
    cross.setAttribute("aria-label", "Dismiss");
    cross.append(pictureOf("x"));
    cross.addEventListener("click", () => dismiss(box));
    box.append(pictureOf(ICONS[level] || "info"), words, cross);
    toasts.append(box);
    if (level !== "error") setTimeout(() => dismiss(box), TOAST_MS);
    return box;
  };

  const dismiss = (box) => {
    const hadFocus = box.contains(document.activeElement);
    box.remove();
    if (hadFocus) focusNear("toasts", "dialog-body");
  };

  document.body.addEventListener("notify", (event) => toast(event.detail.message, event.detail.level));

  // --- Clicks: menus, copying, colours --------------------------------------------------
  const copy = async (button) => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      toast("Copied.", "success");
    } catch {
      // Browsers refuse the clipboard on plain http: select it for the keyboard instead.
      const text = button.parentElement.querySelector("code") || button.previousElementSibling;
      if (text) window.getSelection().selectAllChildren(text);
      toast("Press Ctrl+C to copy.", "info");
    }
  };

  const keep = (name, value) => {
    try {
      localStorage.setItem(name, value);
    } catch {
      toast("This browser does not keep settings.", "warning");
    }
  };

  const choose = (theme) => {
    keep("sleuth-theme", theme);
    document.documentElement.dispatchEvent(new Event("sleuth:theme"));
    showChoice();
  };

  const showChoice = () => {
    const { themeChoice } = document.documentElement.dataset;
    for (const button of document.querySelectorAll("button[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === themeChoice));
    }
  };

  const closeMenus = (except) => {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (menu !== except) menu.open = false;
    }
  };

  document.addEventListener("click", (event) => {
    const { target } = event;
    closeMenus(target.closest("details[data-menu]"));
    const copyButton = target.closest("[data-copy]");
    if (copyButton) copy(copyButton);
    const themeButton = target.closest("button[data-theme-choice]");
    if (themeButton) choose(themeButton.dataset.themeChoice);
    if (target.closest("button[data-times]")) chooseTimes();
    const field = target.closest("a[data-field]");
    if (field) {
      event.preventDefault();
      document.getElementById(field.hash.slice(1))?.focus();
    }
  });

  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.activeElement?.closest("details[data-menu][open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  // --- Forms: sending them once is enough -------------------------------------------------
  // A button that were disabled would lose the focus; a busy form takes no further press.
  const setBusy = (form, isBusy) => {
    form.toggleAttribute("data-busy", isBusy);
    form.setAttribute("aria-busy", String(isBusy));
    for (const each of form.elements) {
      if (each.type === "submit") each.setAttribute("aria-disabled", String(isBusy));
    }
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.getAttribute("method") !== "post") return;
    if (form.hasAttribute("data-busy")) event.preventDefault();
    setTimeout(setBusy, 0, form, true); // what is pressed names itself in what is sent
    setTimeout(setBusy, LONGEST_POST_MS, form, false);
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-busy]")) setBusy(form, false);
  });

  const isChanged = (field) => {
    if (!field.options) return field.value !== field.defaultValue || field.checked !== field.defaultChecked;
    const chosen = [...field.options].findIndex((each) => each.defaultSelected);
    return field.selectedIndex !== Math.max(chosen, 0);
  };

  // What comes from a terminal brings quotes, line ends and marks that nobody sees.
  const withoutWrapping = (text) =>
    text.replace(/\p{Cf}/gu, "").replace(/\s*[\r\n]+\s*/g, "").replace(/^[\s"'`“”‘’]+|[\s"'`“”‘’]+$/g, "");

  document.addEventListener("paste", (event) => {
    const input = event.target.closest?.("input[type=password][autocomplete=off]");
    const pasted = event.clipboardData?.getData("text") || "";
    if (!input || pasted === withoutWrapping(pasted)) return;
    event.preventDefault();
    input.setRangeText(withoutWrapping(pasted), input.selectionStart, input.selectionEnd, "end");
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // --- Times ------------------------------------------------------------------------------
  const relative = (at) => {
    const seconds = (Date.now() - at) / 1000;
    for (const [unit, length] of RELATIVE_UNITS) {
      const count = Math.floor(Math.abs(seconds) / length);
      if (count) {
        const words = `${count} ${unit}${count === 1 ? "" : "s"}`;
        return seconds > 0 ? `${words} ago` : `in ${words}`;
      }
    }
    return "just now";
  };

  const areExact = () => {
    try {
      return localStorage.getItem("sleuth-times") === "exact";
    } catch {
      return false; // storage is switched off in this browser
    }
  };

  const lasting = (at) => relative(at).replace(/ ago$/, "").replace("just now", "less than a minute");

  // A browser's first formatter takes as long as a hundred times do: made when one is needed, and once a round.
  const tellerOf = (options) => {
    let formatter = null;
    return (at) => {
      formatter ??= new Intl.DateTimeFormat(undefined, options);
      return formatter.format(at);
    };
  };

  const TIMES = "time[data-relative], time[data-lasting], time[data-local]";

  const showTimes = () => {
    const isExact = areExact();
    const exact = tellerOf(EXACT);
    document.querySelector("button[data-times]")?.setAttribute("aria-pressed", String(isExact));
    for (const time of document.querySelectorAll(TIMES)) {
      const teller = "lasting" in time.dataset ? lasting : "relative" in time.dataset && !isExact ? relative : exact;
      const words = teller(new Date(time.dateTime));
      if (time.textContent !== words) time.textContent = words;
    }
    explain(document.querySelector("time:hover")); // the part that it stands in was drawn again
  };

  const explain = (time) => {
    if (time?.matches(`${TIMES}, time[data-words]`)) time.title = tellerOf({ ...EXACT, timeZoneName: "short" })(new Date(time.dateTime));
  };

  document.addEventListener("pointerover", ({ target }) => explain(target.closest?.("time")));

  const chooseTimes = () => {
    keep("sleuth-times", areExact() ? "relative" : "exact");
    showTimes();
  };

  // --- Focus that is nowhere any more ------------------------------------------------------
  const FOCUSABLE = "a[href], button:not([disabled]), summary, input:not([type=hidden]), select, textarea";

  const firstIn = (part) =>
    part.querySelector(":scope > .deploy-title a") ||
    [...part.querySelectorAll(FOCUSABLE)].find((each) => each.offsetParent);

  // Goes on in the first of these parts that is there and has something to go on with.
  const focusNear = (...ids) => {
    const parts = ids.map((id) => document.getElementById(id)).filter(Boolean);
    const wayOn = document.querySelector("[data-way-on]"); // of a page whose subject is gone
    const next = wayOn || parts.map(firstIn).find(Boolean) || document.getElementById("main");
    next.focus({ preventScroll: true });
  };

  // --- What is gone -------------------------------------------------------------------------
  // The body holds on to parts that listen to it, and htmx lets go only of what it removes itself.
  const letGo = ({ listenerInfos = [] }) => {
    for (const { on, trigger, listener } of listenerInfos) on?.removeEventListener(trigger, listener);
  };

  window.htmx?.defineExtension("letting-go", {
    init({ getInternalData }) {
      window.Idiomorph.defaults.callbacks.afterNodeRemoved = (node) => {
        const parts = node instanceof Element ? [node, ...node.querySelectorAll("[hx-trigger]")] : [];
        for (const part of parts) letGo(getInternalData(part));
      };
    },
  });

  window.sleuth = { closeMenus, focusNear, isChanged, pictureOf, setBusy, toast };
  document.addEventListener("htmx:afterSettle", showTimes);
  setInterval(showTimes, 30000);
  showTimes();
  showChoice();
})();
