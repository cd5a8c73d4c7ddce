// Why two nodes are equal: the chain, the tree of steps, and every fact behind them; or what keeps them apart. No address.
(() => {
  const { el, count } = window.egraphConsole;
  const { table, placeOf } = window.egraphConsole.records;
  const STEPS_MAX = 300;

  const many = (number, one, several) => `${count(number)} ${number === 1 ? one : several}`;
  const term = (found, id) => el("span", { class: "mono", title: id }, found.terms[id] || `#${id.slice(0, 8)}`);
  const ends = (found, item) => [term(found, item.left || item.start), " = ", term(found, item.right || item.end)];
  const placed = (place) => el("a", { class: "link num", href: `/events?open=${place}`, title: "to this fact on the Events page" }, place);

  function where(found, event) {
    const fact = found.facts[event];
    return fact ? placed(placeOf(fact)) : el("span", { class: "mono" }, `${event.slice(0, 8)} (not in the log)`);
  }

  function said(found, event) {
    const fact = found.facts[event];
    return fact ? [`“${fact.text}” by ${fact.producer} at `, where(found, event)] : [where(found, event)];
  }

  function chain(found) {
    const claim = found.proof.lemmas.at(-1);
    if (!claim.steps.length) return el("p", {}, ["Both are the same node: ", term(found, claim.start)]);
    const steps = claim.steps.slice(0, STEPS_MAX);
    const target = (step) => (step.by === "congruence" || step.direction === "forward" ? step.right : step.left);
    const reason = (step) => (step.by === "asserted" ? said(found, step.event) : "same operator and colour over equal children");
    const rest = claim.steps.length > steps.length ? el("p", { class: "note" }, `${count(steps.length)} of ${count(claim.steps.length)} steps`) : null;
    return el("div", {}, [
      el("ol", { class: "proof-chain", "aria-label": "the chain of equal nodes" }, [el("li", {}, term(found, claim.start)), ...steps.map((step) => el("li", {}, ["= ", term(found, target(step)), el("span", { class: "proof-reason" }, reason(step))]))]),
      rest,
    ]);
  }

  // Each lemma is written out where it is first needed. The list is flat with a depth: a proof may be very deep.
  function tree(found) {
    const { lemmas } = found.proof;
    const written = new Set();
    const open = [...lemmas.at(-1).steps].reverse().map((step) => ({ step, depth: 1 }));
    const lines = [];
    let steps = 0;
    while (open.length && lines.length < STEPS_MAX) {
      const { step, lemma, depth } = open.pop();
      const indent = `proof-depth-${Math.min(depth, 8)}`;
      if (lemma !== undefined) {
        const again = written.has(lemma);
        written.add(lemma);
        lines.push(el("li", { class: indent, "aria-level": depth }, [el("span", { class: "proof-lemma" }, `lemma ${lemma} `), ...ends(found, lemmas[lemma]), again && lemmas[lemma].steps.length ? " as above" : ""]));
        if (!again) open.push(...[...lemmas[lemma].steps].reverse().map((item) => ({ step: item, depth: depth + 1 })));
        continue;
      }
      steps += 1;
      const reason = step.by === "asserted" ? said(found, step.event) : ["by congruence of the nodes added at ", where(found, step.left_added), " and ", where(found, step.right_added)];
      lines.push(el("li", { class: indent, "aria-level": depth }, [...ends(found, step), el("span", { class: "proof-reason" }, reason)]));
      if (step.by === "congruence") open.push(...step.children.filter((child) => child !== null).reverse().map((child) => ({ lemma: child, depth: depth + 1 })));
    }
    const total = lemmas.reduce((sum, item) => sum + item.steps.length, 0);
    return [el("ul", { class: "proof-tree", "aria-label": "steps of the proof" }, lines), open.length ? el("p", { class: "note" }, `${count(steps)} of ${count(total)} steps are shown; egraph why prints all`) : null];
  }

  // What a fact is to the answer: said, or carried along.
  function roles(found) {
    const role = new Map();
    const put = (event, word) => event && !role.has(event) && role.set(event, word);
    for (const lemma of found.proof ? found.proof.lemmas : []) {
      for (const step of lemma.steps) {
        if (step.by === "asserted") put(step.event, found.facts[step.event]?.premises.length ? "derived" : "stated");
        else [step.left_added, step.right_added].forEach((event) => put(event, "node added"));
      }
    }
    for (const item of found.blocked) {
      put(item.event, item.state);
      for (const event of item.because) put(event, item.state === "quarantined" ? "witness" : "failing premise");
    }
    for (const fact of Object.values(found.facts)) {
      put(fact.retracted_by, "withdrawal");
      fact.premises.forEach((event) => put(event, "premise"));
    }
    return role;
  }

  function facts(found) {
    const role = roles(found);
    const all = Object.entries(found.facts);
    if (!all.length) return null;
    const rows = all.slice(0, STEPS_MAX).map(([event, fact]) =>
      el("tr", {}, [el("td", {}, placed(placeOf(fact))), el("td", {}, role.get(event) || ""), el("td", { title: event }, [fact.text, fact.retracted_by ? el("span", { class: "record-gone" }, " ✕ withdrawn") : null, el("span", { class: "proof-reason num" }, `by ${fact.producer} at ${fact.time.slice(0, 23).replace("T", " ")} UTC`)])])
    );
    // Three columns: the panel is narrow, and what a fact says is long.
    const heads = [["part:offset"], ["is"], ["says"]];
    return el("section", { class: "proof-facts" }, [
      el("h3", {}, `Facts behind it: ${count(rows.length)} of ${count(all.length)}`),
      table(heads, rows, "facts behind the answer"),
    ]);
  }

  function apart(found) {
    if (!found.blocked.length) return [el("p", { class: "proof-verdict" }, [el("b", {}, "✕ not equal. "), "Nothing is known that would join them, not even in quarantine."])];
    const items = found.blocked.map((item) => {
      const because = item.because.map((event) => el("li", {}, said(found, event)));
      const head = item.state === "quarantined" ? "⚠ quarantined; it conflicts with" : "◌ suspended; these premises fail";
      return el("li", {}, [...ends(found, item), el("span", { class: "proof-reason" }, said(found, item.event)), el("p", { class: "proof-state" }, head), because.length ? el("ul", {}, because) : el("p", { class: "note" }, "the colours of these nodes and of the nodes that name them")]);
    });
    return [el("p", { class: "proof-verdict" }, [el("b", {}, "✕ not equal. "), `${many(found.blocked.length, "blocked equality", "blocked equalities")} would join them:`]), el("ul", { class: "proof-blocked" }, items)];
  }

  function explained(found) {
    const head = el("p", { class: "proof-pair" }, [term(found, found.left), el("b", {}, found.equal ? " = " : " ≠ "), term(found, found.right)]);
    if (!found.equal) return [head, ...apart(found), facts(found)];
    const { lemmas } = found.proof;
    const steps = lemmas.flatMap((lemma) => lemma.steps);
    const equalities = new Set(steps.filter((step) => step.by === "asserted").map((step) => step.event)).size;
    return [
      head,
      el("p", { class: "proof-verdict" }, [el("b", { class: "ink-healthy" }, "✓ equal"), `, by ${many(equalities, "equality", "equalities")} in ${many(steps.length, "step", "steps")}; every step was accepted by the independent checker`]),
      el("h3", {}, "Chain"), chain(found),
      ...(steps.some((step) => step.by === "congruence") ? [el("h3", {}, "Tree"), ...tree(found)] : []),
      facts(found),
    ];
  }

  window.egraphConsole.proof = { explained, placed };
})();
