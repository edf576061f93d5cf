/* One look at the page: everything the detector needs, read in one go, nothing changed.
   Evaluated in each frame; answers plain data and keeps the elements under a symbol, so that a
   control which was judged is the very control that is used. */
(mode) => {
  const KEPT = Symbol.for("payerproof.controls");
  const MAX_TEXT = 60000;
  const squeeze = (text) => (text || "").replace(/\s+/g, " ").trim();

  const everything = (root, selector, found = []) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.matches(selector)) found.push(element);
      if (element.shadowRoot) everything(element.shadowRoot, selector, found);
    }
    return found;
  };

  const rendered = (element) =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true });

  const onPage = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1 &&
      box.right + window.scrollX > 0 && box.bottom + window.scrollY > 0;
  };

  const labelElements = (element) => {
    const labels = element.labels ? [...element.labels] : [];
    const ids = (element.getAttribute("aria-labelledby") || "").split(/\s+/).filter(Boolean);
    for (const id of ids) {
      const other = element.getRootNode().getElementById?.(id);
      if (other) labels.push(other);
    }
    return labels;
  };

  const isBox = (element) => element.type === "checkbox" || element.type === "radio";

  const visible = (element) => {
    if (element.type === "hidden") return false;
    if (element.closest("[aria-hidden=true], [inert]")) return false;
    if (rendered(element) && onPage(element)) return true;
    // Styled boxes are often drawn by their label while the input itself is transparent.
    return isBox(element) && labelElements(element).some((l) => rendered(l) && onPage(l));
  };

  const nearText = (element) => {
    for (let next = element.nextSibling; next; next = next.nextSibling) {
      if (next.nodeType === 3 && squeeze(next.data)) return squeeze(next.data);
      if (next.nodeType === 1) {
        return next.matches("input, select, textarea, button") ? "" : squeeze(next.innerText);
      }
    }
    return "";
  };

  const beforeText = (element) => {
    for (let back = element.previousSibling; back; back = back.previousSibling) {
      if (back.nodeType === 3 && squeeze(back.data)) return squeeze(back.data);
      if (back.nodeType === 1) {
        if (back.matches("input, select, textarea, button")) return "";
        if (squeeze(back.innerText)) return squeeze(back.innerText);
      }
    }
    const cell = element.closest("td, dd");
    const before = cell && cell.previousElementSibling;
    return before ? squeeze(before.innerText) : "";
  };

  const labelOf = (element) => {
    const own = squeeze(element.getAttribute("aria-label"));
    if (own) return own;
    const labels = squeeze(labelElements(element).map((l) => l.innerText || l.textContent).join(" "));
    if (labels) return labels;
    if (isBox(element)) return nearText(element) || beforeText(element);
    return beforeText(element) || squeeze(element.getAttribute("placeholder")) ||
      squeeze(element.title);
  };

  const textOf = (element) => {
    const tag = element.tagName;
    if (tag === "INPUT") {
      return squeeze(element.value || element.getAttribute("aria-label") || element.alt ||
        (element.type === "submit" ? "Submit" : ""));
    }
    return squeeze(element.innerText) || squeeze(element.getAttribute("aria-label")) ||
      squeeze(element.title) || squeeze(element.querySelector("img[alt]")?.alt);
  };

  const BUTTONS = "button, input[type=submit], input[type=button], input[type=image], " +
    "[role=button], [role=link]:not(a[href]), summary, a";
  // A link that only leads to another page, as opposed to one that works as a button.
  const leadsAway = (element) => {
    if (element.tagName !== "A") return false;
    const href = element.getAttribute("href");
    return element.getAttribute("role") !== "button" && !element.hasAttribute("onclick") &&
      href !== null && href !== "" && !href.startsWith("#") && !/^javascript:/i.test(href);
  };

  const FIELDS = "input:not([type=submit]):not([type=button]):not([type=image]):not([type=reset])," +
    " select, textarea";
  const controls = everything(document, `${FIELDS}, ${BUTTONS}`);

  const alerts = () => {
    const found = [];
    const likely = "[role=alert], [role=status], [aria-live=assertive], [aria-live=polite], " +
      "[class*=error i], [class*=alert i], [class*=danger i], [class*=invalid i], " +
      "[class*=feedback i], [id*=error i], [data-error-code]";
    for (const element of everything(document, likely)) {
      if (element.matches("input, select, textarea, form, body, html")) continue;
      if (element.querySelector("form, input:not([type=hidden])") || !rendered(element)) continue;
      const text = squeeze(element.innerText);
      if (text && text.length < 600 && !found.includes(text)) found.push(text);
    }
    return found;
  };

  const fingerprint = () => {
    const shown = controls.filter((e) => !leadsAway(e) && visible(e)).map((e) =>
      [e.tagName, e.type, e.name, e.id, e.matches(FIELDS) ? labelOf(e) : textOf(e),
        e.disabled ? 0 : 1].join("|"));
    const heads = everything(document, "h1, h2, h3, legend").filter(rendered)
      .map((h) => squeeze(h.innerText));
    const frames = everything(document, "iframe").map((f) => f.src);
    return [performance.timeOrigin, location.href, ...shown, ...heads, ...frames, ...alerts()]
      .join("\n");
  };
  if (mode === "fingerprint") return fingerprint();

  const forms = everything(document, "form");
  const group = (element) => {
    const set = element.closest("fieldset, [role=radiogroup], [role=group]");
    if (!set) return "";
    const legend = set.querySelector("legend");
    return squeeze(legend ? legend.innerText : set.getAttribute("aria-label"));
  };
  const row = (element) => {
    const box = element.closest("tr, li, article, section, [role=row], [role=listitem], .card");
    const text = box ? squeeze(box.innerText) : "";
    return text.length < 600 ? text : "";
  };

  const describe = (element, index) => {
    const button = element.matches(BUTTONS);
    const data = {
      index, tag: element.tagName.toLowerCase(), button, link: button && leadsAway(element),
      type: button && element.tagName === "A" ? "" : (element.type || ""),
      name: element.name || element.getAttribute("name") || "", id: element.id || "",
      label: button ? textOf(element) : labelOf(element),
      autocomplete: (element.getAttribute("autocomplete") || "").toLowerCase(),
      placeholder: element.getAttribute("placeholder") || "",
      inputmode: element.getAttribute("inputmode") || "",
      maxlength: element.maxLength > 0 ? element.maxLength : 0,
      visible: visible(element),
      enabled: !element.disabled && !element.matches(":disabled, [aria-disabled=true]") &&
        !(element.readOnly && !isBox(element)),
      required: !!element.required || element.getAttribute("aria-required") === "true",
      checked: !!element.checked, form: element.form ? forms.indexOf(element.form) : -1,
      group: group(element), row: row(element), value: "", filled: false, options: [],
      data: [...element.attributes]
        .filter((a) => a.name.startsWith("data-") || a.name === "aria-label")
        .map((a) => `${a.name}=${a.value}`).slice(0, 8).join(" ").slice(0, 300),
      href: element.tagName === "A" ? element.getAttribute("href") || "" : "",
      heading: "",
    };
    if (button || isBox(element) || element.type === "hidden") {
      data.value = (element.value ?? "").toString().slice(0, 200);
    } else if (element.tagName === "SELECT") {
      data.options = [...element.options].map((o) => ({
        label: squeeze(o.label || o.text), value: o.value,
        selected: o.selected, defaultSelected: o.defaultSelected, disabled: o.disabled,
      }));
      data.filled = !!element.value;
    } else {
      data.filled = !!element.value;
    }
    if (button) {
      const card = element.closest("tr, li, article, section, [role=row], [role=listitem], .card, div");
      const heading = card && card.querySelector("h1, h2, h3, h4, h5, strong, th, td");
      data.heading = heading ? squeeze(heading.innerText) : "";
    }
    return data;
  };
  window[KEPT] = controls;

  const captcha = everything(document, "iframe").some((frame) =>
    /recaptcha|hcaptcha|turnstile|challenges\.cloudflare|arkoselabs|funcaptcha|geetest/i
      .test(frame.src + " " + frame.title) &&
    !/size=invisible/i.test(frame.src) && frame.getBoundingClientRect().height > 40 &&
    rendered(frame)) ||
    everything(document, "img, input").some((e) =>
      /captcha/i.test(`${e.id} ${e.name || ""} ${e.alt || ""} ${e.src || ""}`) && rendered(e));

  const refresh = document.querySelector("meta[http-equiv=refresh i]");
  return {
    url: location.href, title: squeeze(document.title),
    lang: document.documentElement.lang || "",
    text: (document.body ? document.body.innerText : "").slice(0, MAX_TEXT),
    headings: everything(document, "h1, h2, h3, h4, [role=heading]").filter(rendered)
      .map((h) => squeeze(h.innerText)).filter(Boolean),
    links: everything(document, "a[href]").filter(rendered)
      .map((a) => ({ text: textOf(a), href: a.href })),
    controls: controls.map(describe), alerts: alerts(),
    scripts: [...document.scripts].map((s) => s.src).filter(Boolean),
    images: everything(document, "img").filter(rendered).map((i) => i.alt || "").filter(Boolean),
    rows: everything(document, "tr, li, article, [role=row], [role=listitem], .card, dt")
      .filter(rendered).map((r) => squeeze(r.innerText)).filter((t) => t && t.length < 600),
    captcha, refresh: refresh ? refresh.content : "", fingerprint: fingerprint(),
    loading: document.readyState === "loading",
    busy: everything(document, "[aria-busy=true]").some(rendered),
  };
}
