// The sandbox without reloading: each of these forms and links works without this file too.

const PASTED = "#pasted=";

// --- the text that was pasted, behind the # of the address ------------------------------------------

async function through(stream, bytes) {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}

async function packed(text) {
  const bytes = await through(new CompressionStream("deflate-raw"), new TextEncoder().encode(text));
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function unpacked(word) {
  const letters = atob(word.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
  return new TextDecoder().decode(await through(new DecompressionStream("deflate-raw"), bytes));
}

// --- one page in place of another ---------------------------------------------------------------------

const parse = (text) => new DOMParser().parseFromString(text, "text/html");
const panes = () => document.getElementById("panes");
let asked = 0;
// the address of what is shown, without a place inside the page that its # may name
let here = address(location.hash.startsWith(PASTED) ? location.hash : "");

function address(hash) {
  return location.pathname + location.search + hash;
}

// `within`: the same form, so that whoever types in it goes on typing; only what follows from it is new.
function put(page, focus, within) {
  const next = page.getElementById("panes");
  if (!next) return false;
  document.title = page.title;
  const parts = [".cards", ".behind"];
  if (within && parts.every((part) => next.querySelector(part) && panes().querySelector(part))) {
    for (const part of parts) panes().querySelector(part).replaceWith(next.querySelector(part));
    for (const old of panes().querySelectorAll(".ehr > .outcome")) old.remove();
    // opening the chart and drafting no order are one: what was called may be told by the other of the two
    for (const name of ["order", "hook"]) document.getElementById(name).value = next.querySelector(`#${name}`).value;
    panes().dataset.query = next.dataset.query;
    panes().removeAttribute("aria-busy");
    enlivenAnswer();
  } else {
    panes().replaceWith(next);
    enlivenForm();
    enlivenAnswer();
  }
  if (focus) document.getElementById(focus)?.focus();
  return true;
}

// The text of an answer; where there is none, or it is no page, what is wrong is said instead.
async function fetched(url, options) {
  const response = await fetch(url, { headers: { Accept: "text/html" }, ...options }).catch(() => null);
  if (!response) return complain("The service does not answer. Is it still running?");
  const text = await response.text();
  if (response.headers.get("Content-Type").startsWith("text/html")) {
    const refused = response.ok ? null : parse(text).getElementById("refused");
    return refused ? complain(`HTTP ${response.status}. ${refused.innerText}`) : text;
  }
  let issue = {};
  try { [issue] = JSON.parse(text).issue; } catch { /* not from this service */ }
  return complain(`HTTP ${response.status}. ${issue.details?.text ?? ""} ${issue.diagnostics ?? ""}`);
}

function complain(words) {
  panes().removeAttribute("aria-busy");
  document.querySelector(".complaint")?.remove();
  const said = Object.assign(document.createElement("p"), { className: "outcome complaint", textContent: words });
  said.setAttribute("role", "alert");
  document.querySelector(".ehr").prepend(said);
  return null;
}

async function ask(url, options, focus, within) {
  const turn = ++asked;
  panes().setAttribute("aria-busy", "true");
  const text = await fetched(url, options);
  return text !== null && turn === asked && put(parse(text), focus, within);
}

async function show(path, focus, within) {
  const url = new URL(path, location.href);
  if (await ask(url, {}, focus, within)) remember(url.pathname, "", true);
}

function remember(path, hash, anew) {
  const query = panes().dataset.query;
  history[anew ? "pushState" : "replaceState"](null, "", `${path}${query ? `?${query}` : ""}${hash}`);
  here = address(hash.startsWith(PASTED) ? hash : "");
}

// --- the form: another order, another hook, another view, a text that was pasted ----------------------

async function send(form, focus) {
  const sent = new FormData(form);
  sent.set("tab", document.querySelector(".tabs [aria-pressed=true]")?.value ?? "");
  if (form.method === "get") {
    const query = new URLSearchParams(Array.from(sent).filter(([, value]) => value !== ""));
    return show(`${form.action}?${query}`, focus, true);
  }
  const file = form.querySelector("input[type=file]").files[0];
  const text = file ? await file.text() : sent.get("pasted");
  sent.set("pasted", text);
  sent.delete("file");
  const hash = PASTED + (await packed(text));
  if (await ask(form.action, { method: "POST", body: sent }, focus, !file)) remember(new URL(form.action).pathname, hash, true);
  return undefined;
}

function turnTo(button) {
  for (const other of document.querySelectorAll(".tabs button")) other.setAttribute("aria-pressed", String(other === button));
  for (const view of document.querySelectorAll(".view")) view.hidden = view.id !== `view-${button.value}`;
  const query = new URLSearchParams(panes().dataset.query);
  query.set("tab", button.value);
  panes().dataset.query = query.toString().replaceAll("%2F", "/");
  for (const kept of document.querySelectorAll(".feedback [name=tab]")) kept.value = button.value;
  remember(location.pathname, location.hash, false);
  document.dispatchEvent(new Event("map-shown"));
}

async function tell(form) {
  const button = form.querySelector("button");
  button.disabled = true;
  const text = await fetched(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  const done = text === null ? null : parse(text).getElementById("done");
  const acts = form.closest(".acts");
  button.disabled = false;
  if (!done) return;
  if (done.classList.contains("refused")) form.after(done);
  else acts.replaceChildren(done);
  done.tabIndex = -1;
  done.focus();
}

// --- choosing a patient ---------------------------------------------------------------------------------

function sift(list) {
  const words = list.querySelector("#q").value.toLowerCase().trim().split(/\s+/);
  let count = 0;
  for (const group of list.querySelectorAll(".group")) {
    let found = 0;
    for (const item of group.querySelectorAll("li")) {
      const told = `${group.querySelector("h2").textContent} ${item.textContent}`.toLowerCase();
      item.hidden = !words.every((word) => told.includes(word));
      found += !item.hidden;
    }
    group.hidden = !found;
    group.open = words[0] !== "";
    group.querySelector(".count").textContent = found;
    count += found;
  }
  list.querySelector("#found").textContent = `${count} synthetic patient${count === 1 ? "" : "s"}`;
}

async function choose(path) {
  const text = await fetched(path);
  if (text === null) return;
  const list = parse(text).getElementById("patients");
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "patients-heading");
  const close = Object.assign(document.createElement("button"), { textContent: "Close", className: "close" });
  close.addEventListener("click", () => dialog.close());
  list.querySelector("h1")?.replaceWith(Object.assign(document.createElement("h2"), { id: "patients-heading", textContent: "Choose a patient" }));
  dialog.append(close, list);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => {
    const link = event.target.closest("li a");
    if (event.target === dialog) dialog.close();
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    dialog.close();
    show(link.href, "choose");
  });
  document.body.append(dialog);
  dialog.showModal();
  const search = list.querySelector("#q");
  search?.addEventListener("input", () => sift(list));
  list.querySelector("form")?.addEventListener("submit", (event) => {
    event.preventDefault();
    list.querySelector(".group:not([hidden])[open] li:not([hidden]) a, .group:not([hidden], [open]) summary")?.focus();
  });
  search?.focus();
}

// --- what each page gets ----------------------------------------------------------------------------------

function copyButton(copied) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Copy" });
  button.addEventListener("click", async () => {
    const json = copied.querySelector(".json");
    let text = (json ?? copied.querySelector("pre")).textContent;
    if (json) try { text = JSON.stringify(JSON.parse(text), null, 2); } catch { /* no JSON: as it is */ }
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  copied.prepend(button);
}

function drop(area, form) {
  area.addEventListener("dragover", (event) => { event.preventDefault(); area.classList.add("over"); });
  area.addEventListener("dragleave", () => area.classList.remove("over"));
  area.addEventListener("drop", async (event) => {
    event.preventDefault();
    area.classList.remove("over");
    const file = event.dataTransfer.files[0];
    area.value = file ? await file.text() : event.dataTransfer.getData("text");
    send(form, "pasted");
  });
}

function enlivenAnswer() {
  for (const copied of document.querySelectorAll(".copied")) copyButton(copied);
  document.dispatchEvent(new Event("map-shown"));
}

function enlivenForm() {
  const form = document.getElementById("call");
  const area = document.getElementById("pasted");
  if (area) drop(area, form);
  form.addEventListener("change", ({ target }) => {
    const { order, hook } = form.elements;
    if (target === order) hook.value = "";
    if (target === hook && hook.value.startsWith("order-") && order.value === "none") order.value = "own";
    if (target.type === "file" || (target.tagName === "SELECT" && (!area || area.value.trim()))) send(form, target.id);
  });
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches(".feedback")) { event.preventDefault(); tell(form); }
  if (form.id !== "call") return;
  event.preventDefault();
  const tab = event.submitter?.closest(".tabs button");
  if (tab) turnTo(tab); else send(form, event.submitter?.id);
});

document.addEventListener("click", (event) => {
  if (event.target.id !== "choose" || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  choose(event.target.href);
});

async function arrive() {
  if (!location.hash.startsWith(PASTED)) return;
  const form = document.getElementById("call");
  form.elements.pasted.value = await unpacked(location.hash.slice(PASTED.length));
  const sent = new URLSearchParams(location.search);
  form.elements.order.value = sent.get("order") ?? "own";
  form.elements.hook.value = sent.get("hook") ?? "";
  const data = new FormData(form);
  data.delete("file");
  data.set("tab", sent.get("tab") ?? "");
  await ask(form.action, { method: "POST", body: data });
}

if (panes()) {
  enlivenForm();
  enlivenAnswer();
  arrive();
  addEventListener("popstate", () => {
    if (location.hash && !location.hash.startsWith(PASTED)) {
      // a place inside the page; what was pasted stays in the address
      if (here.includes(PASTED)) history.replaceState(null, "", here);
    } else if (address(location.hash) !== here) {
      if (location.hash) location.reload();
      else { here = address(""); ask(location.href, {}); }
    }
  });
}
