// What the map does better with a script: a box tells what stands behind it while it is pointed at or focused, and
// Escape closes that. Without the script a box is a link to the same explanation.
(() => {
"use strict";

const PAUSE = 180;

function explanationOf(figure, box) {
  const target = box.getAttribute("href");
  return target && target.startsWith("#") ? figure.querySelector("#" + CSS.escape(target.slice(1))) : null;
}

function close(figure) {
  figure.classList.remove("peeking");
  for (const open of figure.querySelectorAll(".peek")) open.classList.remove("peek");
}

function peek(figure, box) {
  const explanation = explanationOf(figure, box);
  if (!explanation) return;
  close(figure);
  figure.classList.add("peeking");
  explanation.classList.add("peek");
}

// The patient's place is in sight at once, however narrow the frame.
function showPlace(frame) {
  const place = frame.querySelector(".box.here, .box.door");
  if (!place || frame.scrollWidth <= frame.clientWidth) return;
  const inside = place.getBoundingClientRect(), around = frame.getBoundingClientRect();
  frame.scrollLeft += inside.left + inside.width / 2 - around.left - around.width / 2;
}

function enliven(figure) {
  figure.dataset.alive = "yes";
  let waiting = 0;
  for (const box of figure.querySelectorAll(".map-picture a")) {
    box.addEventListener("pointerenter", (event) => {
      if (event.pointerType === "touch") return;
      clearTimeout(waiting);
      waiting = setTimeout(() => peek(figure, box), PAUSE);
    });
    box.addEventListener("pointerleave", () => clearTimeout(waiting));
    box.addEventListener("focus", () => { if (box.matches(":focus-visible")) peek(figure, box); });
    box.addEventListener("click", () => close(figure));
  }
  for (const link of figure.querySelectorAll(".map-close")) {
    link.addEventListener("click", () => close(figure));
  }
}

function enlivenAll() {
  for (const figure of document.querySelectorAll(".pathway-map")) {
    if (!figure.dataset.alive) enliven(figure);
    for (const frame of figure.querySelectorAll(".map-frame")) showPlace(frame);
  }
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const figure of document.querySelectorAll(".pathway-map")) {
    close(figure);
    if (figure.querySelector(".map-explanation:target")) location.hash = figure.id;
  }
});
// a page that puts a map in, or shows one that was hidden, says so
document.addEventListener("map-shown", enlivenAll);
enlivenAll();
})();
