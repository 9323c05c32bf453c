#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# page.sh PINFOLD TOP
#
# The page of pinfold show, in a browser without a window: it opens where its
# address says, and clicks, keys and the search do what they should. A copy of
# the page, with a script that acts as a person would, writes down what it
# sees.
set -u
pinfold=$1 top=$2
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
    echo "there is no chromium to open the page with (package chromium)"
    exit 77
}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
"$pinfold" show --step=4 --format=html -o "$work/page.html" \
    "$top/traces/suite/self-question-2008.pvt" || exit 1
rc=0
if grep -nE 'src=|href=|@import|url\(|https?:|fetch\(|XMLHttp' "$work/page.html"; then
    echo "the page asks for something outside of it"
    rc=1
fi
cat >"$work/person.js" <<'END'
const seen = [];
const note = (what, ...values) => seen.push(what + ": " + values.join(" | "));
const all = (where) => [...document.querySelectorAll(where)].map((e) => e.textContent.trim());
const press = (target, key) =>
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
const search = (text) => {
  $("search").value = text;
  $("search").dispatchEvent(new Event("input"));
};
const at = () => $("number").value + " " + all("#card .call")[0];
started.then(() => {
note("opens", at());
$("next").click();
note("next", at());
$("previous").click();
press(document.body, "p");
note("back twice", at());
document.querySelector('.step[data-step="2"]').click();
note("click on a step", at(), $("card").className, all("#card .why")[0]);
$("refused").click();
note("next refused", at());
$("slider").value = 1;
$("slider").dispatchEvent(new Event("input"));
requestAnimationFrame(() => requestAnimationFrame(() => {
  note("slider", at());
  note("changed", all("#card tr").join(", "));
  search("linear-writable");
  note("rule", all(".step .no").join(" "), all("#results p").length > 0);
  search("l3");
  note("name", all("#results .link").join(" "));
  search("0xc010");
  note("address", all("#results h3").join(", "), all("#results .link")[0]);
  show(4);
  search("0x7fbfdfeff7f8");
  note("walk", all("#results p")[0]);
  search("");
  document.querySelector('.cell[data-mfn="12"]').click();
  note("frame", all("#frame h3")[0], document.querySelectorAll(".node.chosen").length);
  document.querySelector('.cell[tabindex="0"]').focus();
  press(document.activeElement, "ArrowRight");
  const right = document.activeElement.dataset.mfn;
  press(document.activeElement, "ArrowLeft");
  press(document.activeElement, "ArrowDown");
  press(document.activeElement, "ArrowUp");
  note("map by keys", right, document.activeElement.dataset.mfn,
    document.querySelectorAll('.cell[tabindex="0"]').length);
  const rows = () => document.querySelectorAll(".node").length;
  const before = rows();
  document.querySelector(".node .turn").click();
  const closed = rows();
  press(document.activeElement, "ArrowRight");
  note("tree", before > closed && before === rows(), document.activeElement.dataset.path);
  press(document.activeElement, "ArrowDown");
  note("down", document.activeElement.getAttribute("aria-level"));
  location.hash = "#step=7&search=l4&frame=b";
  addEventListener("hashchange", () => {
    note("address of the page", at(), $("search").value, all("#frame h3")[0]);
    // Back and forth leaves the machine as it was.
    show(0);
    show(9);
    show(5);
    const frames = JSON.stringify([...machine.frames].sort((a, b) => a[0] - b[0]));
    show(0);
    show(5);
    // Or comes to it without a way back.
    const there = () => JSON.stringify([machine.at, [...machine.frames].sort((a, b) => a[0] - b[0]),
      [...machine.pages].map(([mfn, page]) => [mfn, [...page].sort()]).filter((p) => p[1].length).sort(),
      [...machine.names], machine.bases]);
    const states = steps.map((s, i) => (show(i), there()));
    machine.keep = 2;
    note("far", [0, 9, 1, 8, 7, 2, 4].every((i) => (show(i), there() === states[i])), all("#card tr").length > 0);
    // And what is drawn of it is as if it had been drawn as a whole.
    const drawn = () => $("map").innerHTML + $("legend").innerHTML;
    for (const step of [0, 9, 3, 7, 5]) {
      show(step);
      const now = drawn();
      map.names = null;
      renderMap();
      note("map", step, now === drawn(), now.length > 1000);
    }
    note("same again", frames === JSON.stringify([...machine.frames].sort((a, b) => a[0] - b[0])));
    document.body.replaceChildren(make("pre", "", "\n" + seen.join("\n") + "\n"));
    done();
  });
}));
});
END
# visit PAGE SCRIPT: what it is like after SCRIPT has called done(), in
# $work/dom. The browser's clock runs ahead when nothing is to be done; the page
# is unpacked meanwhile, by another thread.
visit() {
    awk -v script="$2" '/^<\/body>/ {
        print "<script>const awake = setInterval(() => {}, 1);"
        print "const done = () => clearInterval(awake);"
        while ((getline line < script) > 0) print line; print "</script>"
    } { print }' "$1" >"$work/visited.html"
    timeout 120 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$work/profile" \
        --virtual-time-budget=1000000 --dump-dom "file://$work/visited.html" >"$work/dom" 2>"$work/log"
    local code=$?
    [ -s "$work/dom" ] || {
        tail -n 5 "$work/log"
        echo "the browser shows nothing: exit $code"
        exit 1
    }
}
visit "$work/page.html" "$work/person.js"
sed -n '/<pre/,/<\/pre>/p' "$work/dom" | sed '1d;$d; s/&gt;/>/g' >"$work/seen"
diff "$top/tests/cli/show/page.txt" "$work/seen" || rc=1
# A page of which a line was lost says so.
sed '/id="trace"/{n;n;d}' "$work/page.html" >"$work/damaged.html"
echo 'started.then(done);' >"$work/wait.js"
visit "$work/damaged.html" "$work/wait.js"
grep -q 'id="finding" role="alert">This page cannot be shown: it is not whole' "$work/dom" ||
    { echo "a damaged page says nothing"; rc=1; }
echo "$(wc -l <"$work/seen") things seen in the page"
exit $rc
