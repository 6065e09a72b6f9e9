// Refreshes a page when something has changed, and adds keys and copy buttons. Every page works without it.
"use strict";

const main = document.getElementById("main");
const topics = (main.dataset.topics || "").split(" ").filter(Boolean);

// At most four refreshes a second.
const PAUSE = 250;
// How long a request for changes waits on the server.
const PATIENCE = "20s";

let paused = false;
// Whether a button of the mouse is down, or a finger is on the page.
let held = false;

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

// Refreshing.

// Makes `old` like `fresh` and keeps the nodes that are the same, so that focus, scroll and selection stay.
function morph(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || (old.id || "") !== (fresh.id || "")) {
    old.replaceWith(fresh);
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  morphAttributes(old, fresh);
  // What somebody types is theirs.
  if (old.nodeName !== "TEXTAREA" && old.nodeName !== "SELECT") morphChildren(old, fresh);
}

function morphAttributes(old, fresh) {
  const kept = keptAttributes(old);
  for (const { name, value } of [...fresh.attributes]) {
    if (!kept.includes(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (!kept.includes(name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
}

function keptAttributes(node) {
  if (node.nodeName === "DETAILS" || node.nodeName === "DIALOG") return ["open"];
  if (node.nodeName === "INPUT") return ["value", "checked"];
  if (node.nodeName === "BUTTON") return ["hidden", "aria-pressed"];
  return [];
}

function morphChildren(old, fresh) {
  const byId = new Map();
  for (const child of old.children) if (child.id) byId.set(child.id, child);
  let next = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    const same = child.id && byId.get(child.id);
    if (same && same !== next) {
      // A row moves to its place; those in front of it are new or gone.
      old.insertBefore(same, next);
      morph(same, child);
    } else if (next && !(next.id && next.id !== child.id)) {
      const following = next.nextSibling;
      morph(next, child);
      next = following;
    } else {
      old.insertBefore(child, next);
    }
  }
  while (next) {
    const following = next.nextSibling;
    next.remove();
    next = following;
  }
}

function countRows() {
  return new Set([...main.querySelectorAll("table.rows tbody tr[id]")].map((row) => row.id));
}

async function refresh() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const content = fresh.getElementById("main");
  // What is under the pointer stays there until it is let go: otherwise the click would be lost, or would go to
  // what has come in its place.
  while (held) await pause(PAUSE);
  if (!content || paused) return;
  const before = countRows();
  morph(main, content);
  const clock = fresh.getElementById("now");
  if (clock) {
    morph(document.getElementById("now"), clock);
    readAt = performance.now();
  }
  dress();
  const added = [...countRows()].filter((id) => !before.has(id)).length;
  if (added > 0) say(added === 1 ? "One new row." : `${added} new rows.`);
}

function say(text) {
  document.getElementById("news").textContent = text;
}

async function follow() {
  let since = main.dataset.since;
  while (main.dataset.changes && since) {
    if (paused || document.hidden) {
      await pause(PAUSE);
      continue;
    }
    try {
      const answer = await fetch(`${main.dataset.changes}?since=${since}&wait=${PATIENCE}`);
      // Who is not let in any more would be refused again and again.
      if (answer.status === 401 || answer.status === 403) return;
      if (!answer.ok) throw new Error(answer.status);
      const { last, changed } = await answer.json();
      const matters = changed.some((topic) => topics.includes(topic) || topic === "clock");
      since = last;
      if (matters) await refresh();
    } catch {
      // The server is away or restarts.
      await pause(2000);
    }
    await pause(PAUSE);
  }
}

// The clock beside the navigation goes on while the clock of the space runs.

let readAt = performance.now();

function tick() {
  const now = document.getElementById("now");
  if (!now || now.dataset.mode !== "running") return;
  const time = now.querySelector("time");
  const at = new Date(Date.parse(time.dateTime) + (performance.now() - readAt));
  time.textContent = at.toISOString().slice(0, 19).replace("T", " ");
}

// Copying.

async function copy(button) {
  const code = button.parentElement.querySelector("code");
  try {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = "Copied";
    say("Copied.");
  } catch {
    // Without the right to write to the clipboard, the text is selected.
    getSelection().selectAllChildren(code);
    button.textContent = "Selected";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
}

// Shows what needs this script.
function dress() {
  for (const button of document.querySelectorAll("button.copy, button.pause")) button.hidden = false;
}

// Keys.

const PAGES = { s: "", j: "journal", l: "ledger", c: "clock", f: "faults", r: "reports" };
let leading = false;

function rows() {
  return [...main.querySelectorAll("table.rows a.row")];
}

// Goes to the row after or before the one with the focus; on an entry, to the entry after or before it.
function step(by) {
  const link = main.querySelector(by > 0 ? "a.older" : "a.newer");
  if (link) return link.click();
  const all = rows();
  const here = all.indexOf(document.activeElement);
  const row = all[here < 0 ? (by > 0 ? 0 : all.length - 1) : here + by];
  if (row) {
    row.focus();
    row.scrollIntoView({ block: "nearest" });
  }
}

function goTo(path) {
  location.href = new URL(path, document.querySelector("a.brand").href).href;
}

function pressed(event) {
  const typing = event.target.closest("input, select, textarea");
  // A dialog that was closed has the focus until the next frame is painted.
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("dialog[open]")) return;
  if (event.key === "Escape") {
    if (typing) return typing.blur();
    const back = main.querySelector("a.back");
    if (back) back.click();
    return;
  }
  if (typing) return;
  if (leading) {
    leading = false;
    if (event.key in PAGES) goTo(PAGES[event.key]);
    return;
  }
  if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
  else if (event.key === "g") leading = true;
  else if (event.key === "/") {
    const field = main.querySelector("input[name=contains], form input:not([type=hidden])");
    if (!field) return;
    event.preventDefault();
    field.focus();
  } else if (event.key === "?") document.getElementById("keys").showModal();
}

function clicked(event) {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.classList.contains("copy")) copy(button);
  if (button.classList.contains("pause")) {
    paused = !paused;
    button.setAttribute("aria-pressed", String(paused));
    button.textContent = paused ? "Go on" : "Pause";
    if (!paused) refresh();
  }
  const question = button.dataset.ask;
  if (question && !confirm(question)) event.preventDefault();
}

// A file that is chosen or dropped becomes the text of its form.
async function chosen(event) {
  const input = event.target;
  if (input.type !== "file" || !input.files[0]) return;
  const text = document.getElementById(input.dataset.into);
  if (text) text.value = await input.files[0].text();
}

for (const [kind, isHeld] of [["pointerdown", true], ["pointerup", false], ["pointercancel", false]]) {
  document.addEventListener(kind, (event) => { held = isHeld && event.button === 0; }, true);
}
document.addEventListener("keydown", pressed);
document.addEventListener("click", clicked);
document.addEventListener("change", chosen);
dress();
setInterval(tick, 1000);
if (topics.length > 0) follow();
