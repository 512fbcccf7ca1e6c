"use strict";

// Opens the operation that the address names, and shows those that hold the words of the filter.
const operations = [...document.querySelectorAll(".operation")];
const filter = document.getElementById("filter");

function openNamed() {
  const named = document.getElementById(location.hash.slice(1));
  for (let place = named; place; place = place.parentElement) {
    if (place.tagName === "DETAILS") place.open = true;
  }
  if (named) named.scrollIntoView();
}

function show() {
  const words = filter.value.toLowerCase().split(/\s+/);
  for (const operation of operations) {
    const text = operation.firstElementChild.textContent.toLowerCase();
    operation.hidden = !words.every((word) => text.includes(word));
  }
  for (const earlier of document.querySelectorAll(".earlier")) {
    earlier.hidden = !earlier.querySelector(".operation:not([hidden])");
    earlier.open = filter.value !== "";
  }
  for (const section of document.querySelectorAll("section")) {
    section.hidden = !section.querySelector(".operation:not([hidden])");
  }
}

filter.hidden = false;
filter.addEventListener("input", show);
addEventListener("hashchange", openNamed);
openNamed();
