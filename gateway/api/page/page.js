"use strict";

// Opens the operation that the address names, and shows those that hold the words of the filter.
const operations = [...document.querySelectorAll(".operation")];
const filter = document.getElementById("filter");

function openNamed() {
  const named = document.getElementById(location.hash.slice(1));
  if (named && named.tagName === "DETAILS") named.open = true;
}

function show() {
  const words = filter.value.toLowerCase().split(/\s+/);
  for (const operation of operations) {
    const text = operation.firstElementChild.textContent.toLowerCase();
    operation.hidden = !words.every((word) => text.includes(word));
  }
  for (const section of document.querySelectorAll("section")) {
    section.hidden = !section.querySelector(".operation:not([hidden])");
  }
}

filter.hidden = false;
filter.addEventListener("input", show);
addEventListener("hashchange", openNamed);
openNamed();
