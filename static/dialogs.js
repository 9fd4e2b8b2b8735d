// Dialogs, what is typed into them, and what is said of requests that take long or go wrong.
(() => {
  "use strict";
  const SLOW_MS = 500;
  const LONGEST_JOURNEY_MS = 30000;
  const STATUS_WORDS = {
    403: "You may not do that.",
    404: "That is not there any more. Reload the page.",
    413: "That is too large.",
    429: "Too many attempts. Wait a little, then try again.",
    502: "Sleuth is not to be reached just now. Try again in a minute.",
    503: "Not available just now. Try again in a minute.",
    504: "Sleuth is not to be reached just now. Try again in a minute.",
  };
  const INVALID = "[aria-invalid=true], .is-invalid";
  const KEPT_WORDS = "What you typed is still here.";

  const { closeMenus, focusNear, isChanged, pictureOf, setBusy, toast } = window.sleuth;
  const dialog = document.getElementById("dialog");
  const dialogBody = document.getElementById("dialog-body");

  // --- Opening and closing ------------------------------------------------------------
  let opener = null;
  let openedIn = "";
  let pressedOnBackdrop = false;
  let isMeant = false; // left by Cancel or by success, not by Escape or a click beside it

  const openDialog = (from) => {
    opener = from.closest("details[data-menu]")?.querySelector("summary") || from;
    openedIn = opener.closest("[hx-get][id]:not(a)")?.id;
    isMeant = false;
    closeMenus();
    // Everything outside a modal dialog is covered and inert.
    dialog.append(...document.querySelectorAll("[data-above]"));
    dialog.showModal();
    restoreDraft();
    focusOn("[autofocus]", "input:not([type=hidden]), select, textarea", "#dialog-title");
  };

  const focusOn = (...selectors) => selectors.map((each) => dialogBody.querySelector(each)).find(Boolean)?.focus();

  const twinOf = (gone) => {
    const url = gone.getAttribute("hx-get");
    const same = gone.id ? document.getElementById(gone.id) : null;
    return same || [...document.querySelectorAll("[hx-get]")].find((each) => url && each.getAttribute("hx-get") === url);
  };

  const restoreFocus = () => {
    const again = opener && (document.contains(opener) ? opener : twinOf(opener));
    again ? again.focus({ preventScroll: true }) : focusNear(openedIn);
    opener = null;
  };

  const emptyDialog = () => {
    // What is not there cannot poll; but who still waits for an answer must hear it.
    if (!dialog.open && !dialogBody.querySelector(".htmx-request")) dialogBody.replaceChildren();
  };

  dialog.addEventListener("close", () => {
    document.body.append(...dialog.querySelectorAll("[data-above]"));
    keepDraft();
    emptyDialog();
    restoreFocus();
  });
  dialog.addEventListener("pointerdown", (event) => {
    pressedOnBackdrop = event.target === dialog;
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog && pressedOnBackdrop) dialog.close();
    const leave = event.target.closest("[data-dialog-close]");
    if (!leave) return;
    event.preventDefault();
    isMeant = leave.localName === "a"; // Cancel; the cross may be hit by mistake
    dialog.close();
  });
  document.body.addEventListener("dialogClose", ({ target }) => {
    isMeant = true;
    if (drafts.delete(target.getAttribute("action"))) keptToast?.remove(); // left while it was sent
    dialog.close();
  });

  let newest = null; // of what was asked for to be shown here

  document.addEventListener("htmx:beforeSwap", (event) => {
    // An answer that arrives after its dialog was closed, or another asked for, must not take its place.
    const { target, requestConfig, xhr } = event.detail;
    const isLate = dialogBody.contains(requestConfig.elt) && !dialog.open;
    if (target === dialogBody && (isLate || xhr !== newest)) event.detail.shouldSwap = false;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== dialogBody || !dialogBody.childElementCount) return;
    if (!dialog.open) openDialog(event.detail.requestConfig.elt);
    else if (dialogBody.querySelector(INVALID)) focusOn(INVALID);
    else if (!dialogBody.contains(document.activeElement)) focusOn("[autofocus]", "#dialog-title");
  });

  // --- Drafts: what was typed into a dialog that was left by accident ------------------------
  let keptToast = null;
  const drafts = new Map(); // in memory only, by the address the form is sent to; never a secret

  const isSecret = (field) => field.type === "password" || "secret" in field.dataset;
  const fieldsOf = (form) =>
    [...form.querySelectorAll("input:not([type=hidden]), select, textarea")].filter((each) => each.name && !isSecret(each));

  const keepDraft = () => {
    const form = dialogBody.querySelector("form[data-keep]");
    if (!form) return;
    const isReturned = form.querySelector("[aria-invalid=true]"); // its fields hold what was sent
    const typed = isMeant ? [] : fieldsOf(form).filter((each) => isReturned || isChanged(each));
    drafts.delete(form.getAttribute("action"));
    if (!typed.length) return;
    drafts.set(form.getAttribute("action"), typed.map(({ name, type, value, checked }) => ({ name, type, value, checked })));
    keptToast = toast("What you typed is kept until you leave this page.", "info");
  };

  const fill = (form, typed) => {
    const isBox = ["checkbox", "radio"].includes(typed.type);
    const field = fieldsOf(form).find((each) => each.name === typed.name && (!isBox || each.value === typed.value));
    if (!field || (field.options && ![...field.options].some((each) => each.value === typed.value))) return;
    if (isBox) field.checked = typed.checked;
    else field.value = typed.value;
    const steer = () => field.dispatchEvent(new Event("change", { bubbles: true }));
    if (field.hasAttribute("hx-post")) dialogBody.addEventListener("htmx:afterSettle", steer, { once: true });
  };

  const restoreDraft = () => {
    const form = dialogBody.querySelector("form[data-keep]");
    const draft = form && drafts.get(form.getAttribute("action"));
    if (!draft) return;
    keptToast?.remove();
    draft.forEach((each) => fill(form, each));
    const afresh = document.createElement("button");
    afresh.type = "button";
    afresh.className = "btn btn-sm ms-auto";
    afresh.textContent = "Start afresh";
    const note = noteIn(form, "What you had typed is here again.", "info", afresh);
    afresh.addEventListener("click", () => {
      drafts.delete(form.getAttribute("action"));
      form.reset();
      note.remove();
      focusOn("[autofocus]", "input:not([type=hidden]), select, textarea");
    });
  };

  const noteIn = (form, message, level, ...more) => {
    const note = document.createElement("div");
    const words = document.createElement("div");
    form.querySelector("[data-note]")?.remove();
    note.className = `alert alert-${level}`;
    note.dataset.note = "";
    note.setAttribute("role", level === "danger" ? "alert" : "status");
    words.textContent = message;
    note.append(pictureOf(level === "danger" ? "circle-alert" : "info"), words, ...more);
    form.querySelector(".modal-body").prepend(note);
    note.scrollIntoView({ block: "nearest" });
    return note;
  };

  // --- Requests that take long ----------------------------------------------------------
  const bar = document.createElement("div");
  const underWay = new Map();
  bar.className = "top-bar";
  bar.hidden = true;
  document.body.append(bar);

  const begin = (what, longest = 0) => {
    end(what);
    underWay.set(what, setTimeout(() => { bar.hidden = false; }, SLOW_MS));
    if (longest) setTimeout(() => end(what), longest);
  };
  const end = (what) => {
    clearTimeout(underWay.get(what));
    underWay.delete(what);
    if (!underWay.size) bar.hidden = true;
  };

  // What a page asks by itself, every few seconds or because of an event, is nobody's wait.
  const isWished = ({ triggeringEvent }) => Boolean(triggeringEvent) && !(triggeringEvent instanceof CustomEvent);
  const isDownload = () => document.activeElement?.closest("[data-download]");

  window.addEventListener("beforeunload", () => {
    if (!isDownload()) begin(window, LONGEST_JOURNEY_MS);
  });
  window.addEventListener("pageshow", () => end(window));

  // --- A form is sent once at a time -------------------------------------------------------
  const isForm = (each) => each instanceof HTMLFormElement;

  document.addEventListener("htmx:confirm", (event) => {
    const { elt, verb } = event.detail;
    if (isForm(elt) && verb === "post" && elt.hasAttribute("data-busy")) event.preventDefault();
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { requestConfig, target, xhr } = event.detail;
    if (target === dialogBody) newest = xhr;
    if (isWished(requestConfig)) begin(xhr);
    if (!isForm(requestConfig.elt) || requestConfig.verb !== "post") return;
    setBusy(requestConfig.elt, true);
    if (dialogBody.contains(requestConfig.elt)) requestConfig.elt.querySelector("[data-note]")?.remove();
  });

  // --- Requests that went wrong ---------------------------------------------------------
  let lostToast = null;

  // Where live.js says that the connection is lost, and draws later what was missed.
  const isLive = () => document.querySelector("[data-live]") && !dialog.open;

  const tell = ({ requestConfig }, message) => {
    const { elt, verb } = requestConfig;
    const isHere = isForm(elt) && verb === "post" && dialog.open && dialogBody.contains(elt) && elt.querySelector(".modal-body");
    if (isHere) noteIn(elt, fieldsOf(elt).length ? `${message} ${KEPT_WORDS}` : message, "danger");
    return isHere ? null : toast(message, "error");
  };

  const lost = ({ detail }, sentence, asked) => {
    const isOwn = isWished(detail.requestConfig);
    if (!isOwn && isLive()) return;
    const what = isOwn ? (detail.requestConfig.verb === "get" ? "Try again." : asked) : "Still trying.";
    if (lostToast?.isConnected) return;
    lostToast = tell(detail, `${sentence} ${what}`);
    if (lostToast && detail.requestConfig.verb === "get") lostToast.dataset.untilConnected = "";
  };

  document.addEventListener("connectedAgain", () => document.querySelector("[data-until-connected]")?.remove());

  document.addEventListener("htmx:responseError", (event) => {
    const { requestConfig, xhr } = event.detail;
    if (xhr.status >= 502 && !isWished(requestConfig) && isLive()) return;
    const isSentence = (xhr.getResponseHeader("Content-Type") || "").startsWith("text/plain");
    const fallback = STATUS_WORDS[xhr.status] || "Something broke on our side. Try again.";
    tell(event.detail, isSentence && xhr.responseText ? xhr.responseText : fallback);
  });
  document.addEventListener("htmx:sendError", (event) =>
    lost(event, "No connection to Sleuth.", "It may not have arrived: look, then try again."));
  document.addEventListener("htmx:timeout", (event) =>
    lost(event, "Sleuth takes too long to answer.", "It may have arrived nevertheless: look, then try again."));

  // A button that its own answer takes away says where the keyboard goes on.
  const goOn = ({ elt, triggeringEvent }) => {
    const id = triggeringEvent?.submitter?.dataset.thenFocus;
    const isLost = document.activeElement === document.body || elt.contains(document.activeElement);
    if (id && isLost) document.getElementById(id)?.focus({ preventScroll: true });
  };

  document.addEventListener("htmx:afterRequest", (event) => {
    const { requestConfig, successful, xhr } = event.detail;
    end(xhr);
    if (isForm(requestConfig.elt)) setBusy(requestConfig.elt, false);
    if (successful) {
      lostToast?.remove();
      goOn(requestConfig);
    }
    emptyDialog();
  });
})();
