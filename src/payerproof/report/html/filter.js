"use strict";
// The page is complete without this; it adds a filter and opens what a link points to.
(function () {
  var box = document.querySelector(".filter");
  var text = document.getElementById("filter-text");
  var outcome = document.getElementById("filter-outcome");
  var count = document.getElementById("filter-count");
  var items = Array.prototype.slice.call(document.querySelectorAll(".item"));
  var same = { "met": "passed", "not met": "failed", "not fully verified": "inconclusive",
    "ahead of date": "not tested", "does not apply": "not applicable" };
  var words = null;
  var waiting = 0;

  function apply() {
    var want = text.value.trim().toLowerCase();
    var shown = 0;
    if (!words) {
      words = items.map(function (item) { return item.textContent.toLowerCase(); });
    }
    items.forEach(function (item, at) {
      var is = item.dataset.o;
      var fits = (!outcome.value || outcome.value === is || outcome.value === same[is]) &&
        (!want || words[at].indexOf(want) >= 0);
      item.hidden = !fits;
      shown += fits ? 1 : 0;
    });
    count.textContent = want || outcome.value ? shown + " of " + items.length + " entries shown" : "";
  }

  function open() {
    var target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    var node = target;
    while (node) {
      if (node.tagName === "DETAILS") { node.open = true; }
      node = node.parentElement;
    }
    if (target) { target.scrollIntoView(); }
  }

  box.hidden = false;
  text.addEventListener("input", function () { clearTimeout(waiting); waiting = setTimeout(apply, 120); });
  outcome.addEventListener("change", apply);
  window.addEventListener("hashchange", open);
  open();
})();
