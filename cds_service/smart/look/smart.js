// What if, without a new page: the form is sent when something in it changes, and what the answer says differently is
// put in place. Without this file the button does the same.

const form = document.getElementById("what-if-form");

// the code in the address is spent: a reload would show nothing but that
if (location.search) history.replaceState(null, "", location.pathname + location.hash);

// what the button does happens by itself
form.querySelector(".apply").hidden = true;

const print = document.getElementById("print");
print.hidden = false;
print.addEventListener("click", () => window.print());

let asked = 0;

async function ask(reset) {
  const turn = ++asked;
  const sent = new URLSearchParams(new FormData(form));
  if (reset) sent.set("reset", "1");
  document.getElementById("position").setAttribute("aria-busy", "true");
  let answer;
  try {
    const response = await fetch(form.action, { method: "POST", body: sent, redirect: "error" });
    answer = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!answer.getElementById("what-if-form")) throw new Error("no patient page");
  } catch {
    // the server then says itself what is wrong
    if (turn === asked) (reset || form).submit();
    return;
  }
  if (turn === asked) show(answer);
}

function show(answer) {
  const open = new Set([...document.querySelectorAll("[data-live] details[open]")].map(nameOf));
  for (const fresh of answer.querySelectorAll("[data-live]")) {
    const old = document.getElementById(fresh.id);
    if (!old) continue;
    for (const details of fresh.querySelectorAll("details")) details.open ||= open.has(nameOf(details, fresh));
    if (old.innerHTML !== fresh.innerHTML) old.replaceChildren(...fresh.childNodes);
    old.removeAttribute("aria-busy");
  }
  for (const field of form.querySelectorAll("input, select")) {
    const fresh = field.id && answer.getElementById(field.id);
    if (!fresh) continue;
    for (const name of ["aria-invalid", "aria-describedby"]) {
      fresh.hasAttribute(name) ? field.setAttribute(name, fresh.getAttribute(name)) : field.removeAttribute(name);
    }
  }
  document.title = answer.title;
}

// a `details` is known again by where it stands and what it is called
function nameOf(details) {
  const before = details.closest("li, article, section");
  return `${details.closest("[data-live]")?.id} ${before?.querySelector("strong")?.textContent} ${details.className}`;
}

form.addEventListener("change", () => ask());
form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});

// the form that leads back to the record comes and goes with what is supposed
document.addEventListener("submit", (event) => {
  if (event.target.id !== "reset-form") return;
  event.preventDefault();
  clear();
  ask(event.target);
});

function clear() {
  for (const field of form.querySelectorAll("input:not([type=hidden]), select")) {
    if (field.type === "checkbox") field.checked = false;
    else field.value = "";
  }
  document.getElementById("facts-heading").tabIndex = -1;
  document.getElementById("facts-heading").focus();
}
