// What native HTML and HTMX leave open. Listeners are delegated, so swapped-in parts just work.
(() => {
  "use strict";
  const RELATIVE_UNITS = [["year", 31557600], ["month", 2629800], ["day", 86400], ["hour", 3600], ["minute", 60]];
  const TOAST_MS = 6000;
  const STATUS_WORDS = {
    403: "You may not do that.",
    404: "That is not there any more. Reload the page.",
    413: "That is too large.",
    429: "Too many attempts. Wait a little, then try again.",
    503: "Not available just now. Try again in a minute.",
  };
  const ICONS = { success: "circle-check", info: "info", warning: "triangle-alert", error: "circle-alert" };

  const dialog = document.getElementById("dialog");
  const dialogBody = document.getElementById("dialog-body");
  const toasts = document.getElementById("toasts");
  const sprite = document.querySelector("svg use")?.getAttribute("href").split("#")[0];

  // --- Dialog -------------------------------------------------------------------------
  const FOCUSABLE = "a[href], button:not([disabled]), summary, input:not([type=hidden]), select, textarea";
  let opener = null;
  let openedIn = "";
  let pressedOnBackdrop = false;

  const openDialog = (from) => {
    opener = from.closest("details[data-menu]")?.querySelector("summary") || from;
    openedIn = opener.closest("[hx-get][id]:not(a)")?.id;
    closeMenus();
    dialog.append(toasts); // everything outside a modal dialog is covered and inert
    dialog.showModal();
    focusOn("[autofocus]", "input:not([type=hidden]), select, textarea", "#dialog-title");
  };

  const focusOn = (...selectors) => {
    const found = selectors.map((each) => dialogBody.querySelector(each)).find(Boolean);
    found?.focus();
  };

  const focusNear = (id) => {
    const inside = document.getElementById(id)?.querySelectorAll(FOCUSABLE) || [];
    const next = [...inside].find((each) => each.offsetParent) || document.getElementById("main");
    next.focus({ preventScroll: true });
  };

  const restoreFocus = () => {
    const again = opener && (document.contains(opener) ? opener : document.getElementById(opener.id));
    if (again) again.focus({ preventScroll: true });
    else focusNear(openedIn);
    opener = null;
  };

  const emptyDialog = () => {
    // What is not there cannot poll; but who still waits for an answer must hear it.
    if (!dialog.open && !dialogBody.querySelector(".htmx-request")) dialogBody.replaceChildren();
  };

  dialog?.addEventListener("close", () => {
    document.body.append(toasts);
    emptyDialog();
    restoreFocus();
  });
  dialog?.addEventListener("pointerdown", (event) => {
    pressedOnBackdrop = event.target === dialog;
  });
  dialog?.addEventListener("click", (event) => {
    if (event.target === dialog && pressedOnBackdrop) dialog.close();
  });
  document.body.addEventListener("dialogClose", () => dialog?.close());

  document.addEventListener("htmx:beforeSwap", (event) => {
    // An answer that arrives after its dialog was closed must not open it again.
    const { target, requestConfig } = event.detail;
    const isLate = dialogBody?.contains(requestConfig.elt) && !dialog.open;
    if (target === dialogBody && isLate) event.detail.shouldSwap = false;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== dialogBody || !dialogBody.childElementCount) return;
    if (!dialog.open) openDialog(event.detail.requestConfig.elt);
    else if (dialogBody.querySelector("[aria-invalid=true]")) focusOn("[aria-invalid=true]");
    else if (!dialogBody.contains(document.activeElement)) focusOn("[autofocus]", "#dialog-title");
  });

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
    cross.addEventListener("click", () => box.remove());
    box.append(pictureOf(ICONS[level] || "info"), words, cross);
    toasts.append(box);
    if (level !== "error") setTimeout(() => box.remove(), TOAST_MS);
    return box;
  };

  document.body.addEventListener("notify", (event) => toast(event.detail.message, event.detail.level));

  // --- Requests that went wrong ---------------------------------------------------------
  let lostToast = null;
  const lost = (message) => {
    if (!lostToast?.isConnected) lostToast = toast(message, "error");
  };

  document.addEventListener("htmx:responseError", (event) => {
    const { xhr } = event.detail;
    const isSentence = (xhr.getResponseHeader("Content-Type") || "").startsWith("text/plain");
    const fallback = STATUS_WORDS[xhr.status] || "Something broke on our side. Try again.";
    toast(isSentence && xhr.responseText ? xhr.responseText : fallback, "error");
  });
  document.addEventListener("htmx:sendError", () => lost("No connection to Sleuth. Still trying."));
  document.addEventListener("htmx:timeout", () => lost("Sleuth takes too long to answer. Still trying."));
  // A button that its own answer takes away says where the keyboard goes on.
  const goOn = ({ elt, triggeringEvent }) => {
    const id = triggeringEvent?.submitter?.dataset.thenFocus;
    const isLost = document.activeElement === document.body || elt.contains(document.activeElement);
    if (id && isLost) document.getElementById(id)?.focus({ preventScroll: true });
  };

  // What had the focus may be gone after an answer: then the keyboard goes on in what took its place.
  let focusedIn = null;
  document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
    if (document.activeElement !== document.body && target.contains(document.activeElement)) focusedIn = target;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!focusedIn || dialog?.open) return;
    if (document.activeElement === document.body) focusNear(focusedIn.id);
    focusedIn = null;
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) {
      lostToast?.remove();
      goOn(event.detail.requestConfig);
    }
    if (dialog) emptyDialog();
  });

  // --- Clicks: leaving dialogs and menus, copying, colours ----------------------------------
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

  const choose = (theme) => {
    try {
      localStorage.setItem("sleuth-theme", theme);
    } catch {
      toast("This browser does not keep settings.", "warning");
    }
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
    if (target.closest("[data-dialog-close]") && dialog?.open) {
      event.preventDefault();
      dialog.close();
    }
    const copyButton = target.closest("[data-copy]");
    if (copyButton) copy(copyButton);
    const themeButton = target.closest("button[data-theme-choice]");
    if (themeButton) choose(themeButton.dataset.themeChoice);
  });

  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.activeElement?.closest("details[data-menu][open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
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

  const lasting = (at) => relative(at).replace(/ ago$/, "").replace("just now", "less than a minute");

  const showTimes = () => {
    for (const time of document.querySelectorAll("time[data-relative], time[data-lasting], time[data-local]")) {
      const at = new Date(time.dateTime);
      const local = at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
      const tell = "relative" in time.dataset ? relative : "lasting" in time.dataset ? lasting : () => local;
      const words = tell(at);
      if (time.textContent !== words) time.textContent = words;
      time.title = local;
    }
  };

  document.addEventListener("htmx:afterSettle", showTimes);
  setInterval(showTimes, 30000);
  showTimes();
  showChoice();
})();
