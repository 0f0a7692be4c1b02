'use strict';
(() => {
  const ROW = 20;          // CSS pixels
  const GAP = 1;
  const MIN_WIDTH = 0.5;   // narrower frames are counted, not drawn
  const MAX_PRINT_HEIGHT = 12000;
  const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif';
  const TOOLTIP_LINES = 7;
  const PATH_LIMIT = 30;   // callers named above the graph
  const NONE = -1;

  const byId = id => document.getElementById(id);
  const profile = JSON.parse(byId('profile').textContent);
  const tree = unpack(profile.tree);
  const canvas = byId('flames');
  const context = canvas.getContext('2d');
  const darkScheme = matchMedia('(prefers-color-scheme: dark)');

  const state = {
    idle: true,
    nonJava: true,
    flipped: false,
    zoom: 0,
    focus: NONE,
    hover: NONE,
    printing: false,
    matches: null,      // per name: 1 if it matches; null without a search
    matchNodes: [],     // largest first
    matchIndex: NONE,
  };
  let shown = measure();
  let layout = { rows: [], drawn: 0, hidden: 0 };

  // ---- the tree ------------------------------------------------------------------------------------------------

  // Nodes come in preorder as columns. parent and end (the index after a node's last descendant) follow from depth.
  function unpack(columns) {
    const count = columns.name.length;
    const parent = new Int32Array(count);
    const end = new Int32Array(count);
    const path = [];
    for (let i = 0; i < count; i++) {
      const depth = columns.depth[i];
      while (path.length > depth) {
        end[path.pop()] = i;
      }
      parent[i] = depth === 0 ? NONE : path[depth - 1];
      path.push(i);
    }
    while (path.length > 0) {
      end[path.pop()] = count;
    }
    return { ...columns, count, parent, end };
  }

  const nameOf = node => node === 0 ? 'all' : profile.names[tree.name[node]];
  const kindName = kind => profile.kinds[kind];
  const isMarker = (node, name) => mainKind(node) === 'marker' && nameOf(node) === name;

  // A column holds one value when all samples share it, else a list: value, samples, value, samples, ...
  const pairs = (column, node) => {
    const value = column[node];
    return Array.isArray(value) ? value : [value, NONE];
  };

  function mainKind(node) {
    return kindName(pairs(tree.kind, node)[0]);
  }

  // What the switches leave: samples, CPU time and first sample (left edge) of each node.
  function measure() {
    const total = new Float64Array(tree.count);
    const cpu = new Float64Array(tree.count);
    const start = new Float64Array(tree.count);
    const hidden = new Uint8Array(tree.count);
    for (let i = 0; i < tree.count; i++) {
      hidden[i] = i > 0 && hidden[tree.parent[i]] || isSwitchedOff(i) ? 1 : 0;
    }
    for (let i = tree.count - 1; i >= 0; i--) {
      if (!hidden[i]) {
        total[i] += tree.self[i];
        cpu[i] += tree.cpu[i];
        if (i > 0) {
          total[tree.parent[i]] += total[i];
          cpu[tree.parent[i]] += cpu[i];
        }
      }
    }
    for (let i = 0; i < tree.count; i++) {
      let at = start[i];
      for (let child = i + 1; child < tree.end[i]; child = tree.end[child]) {
        start[child] = at;
        at += total[child];
      }
    }
    return { total, cpu, start };
  }

  function isSwitchedOff(node) {
    return !state.idle && tree.depth[node] === 1 && isMarker(node, '(idle)')
        || !state.nonJava && isMarker(node, '(non-java)');
  }

  const isAncestor = (node, of) => node <= of && of < tree.end[node];

  function pathTo(node) {
    const path = [];
    for (let at = node; at !== NONE; at = tree.parent[at]) {
      path.push(at);
    }
    return path.reverse();
  }

  // ---- layout: which frames are wide enough to draw, row by row, left to right -----------------------------------

  function arrange() {
    const width = canvas.clientWidth;
    const scale = width / shown.total[state.zoom];
    const rows = pathTo(state.zoom).slice(0, -1).map(node => [{ node, x: 0, width }]);
    layout = { rows, drawn: rows.length, hidden: 0 };
    if (shown.total[state.zoom] === 0) {
      layout.rows = [];
      return;
    }
    for (let i = state.zoom; i < tree.end[state.zoom];) {
      const frameWidth = shown.total[i] * scale;
      const x = (shown.start[i] - shown.start[state.zoom]) * scale;
      if (frameWidth >= MIN_WIDTH) {
        (rows[tree.depth[i]] ??= []).push({ node: i, x, width: frameWidth });
        layout.drawn++;
        i++;
      } else {
        layout.hidden += countNonEmpty(i);
        i = tree.end[i];
      }
    }
  }

  function countNonEmpty(node) {
    let count = 0;
    for (let i = node; i < tree.end[node]; i++) {
      count += shown.total[i] > 0 ? 1 : 0;
    }
    return count;
  }

  function boxOf(node) {
    const row = layout.rows[tree.depth[node]] || [];
    return row.find(box => box.node === node);
  }

  const rowTop = depth => (state.flipped ? layout.rows.length - 1 - depth : depth) * ROW;

  function boxAt(clientX, clientY) {
    const bounds = canvas.getBoundingClientRect();
    const x = clientX - bounds.left;
    const index = Math.floor((clientY - bounds.top + scrolled()) / ROW);
    const row = layout.rows[state.flipped ? layout.rows.length - 1 - index : index] || [];
    let low = 0;
    let high = row.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (row[middle].x <= x) low = middle; else high = middle - 1;
    }
    const box = row[low];
    return box && x >= box.x && x < box.x + box.width ? box : null;
  }

  // ---- drawing -------------------------------------------------------------------------------------------------

  const HUES = {
    interpreted: [318, 42], c1: [158, 38], c2: [23, 84], inlined: [44, 82],
    native: [210, 62], native_code: [98, 34], kernel: [4, 46], thread: [232, 24], marker: [220, 9], failed: [352, 78],
  };
  const SHADES = { c2: 3, failed: 9 };      // darker on light, lighter on dark
  const LIGHTNESS = { light: 77, dark: 34 };

  const isDark = () => darkScheme.matches && !state.printing;

  function hash(text) {
    let value = 2166136261;
    for (let i = 0; i < text.length; i++) {
      value = Math.imul(value ^ text.charCodeAt(i), 16777619);
    }
    return (value >>> 8) % 1024 / 1024;
  }

  const nameHashes = profile.names.map(hash);

  function kindColour(kind, variation = 0.5, muted = false) {
    const [hue, saturation] = HUES[kind];
    const shade = SHADES[kind] || 0;
    const lightness = (isDark() ? LIGHTNESS.dark + shade / 2 : LIGHTNESS.light - shade) + (variation - 0.5) * 6;
    const strength = saturation * (isDark() ? 0.62 : 1) * (muted ? 0.3 : 1);
    return `hsl(${hue + (variation - 0.5) * 10} ${strength}% ${lightness}%)`;
  }

  const inSubtreeOf = name => {
    for (let i = 1; i < tree.count; i = tree.end[i]) {
      if (isMarker(i, name)) return { from: i, to: tree.end[i] };
    }
    return { from: tree.count, to: tree.count };
  };
  const idleRange = inSubtreeOf('(idle)');
  const failedRange = inSubtreeOf('(failed)');
  const within = (range, node) => range.from <= node && node < range.to;

  const colourKind = node => within(failedRange, node) && mainKind(node) === 'marker' ? 'failed' : mainKind(node);

  function fillOf(node) {
    if (isMatch(node)) return isDark() ? '#8f63f5' : '#7a45e0';
    if (node === 0) return isDark() ? '#3a424c' : '#dde2e8';
    return kindColour(colourKind(node), nameHashes[tree.name[node]], within(idleRange, node));
  }

  const isMatch = node => state.matches !== null && node > 0 && state.matches[tree.name[node]] === 1;

  function inkOf(node) {
    return isMatch(node) ? '#ffffff' : isDark() ? '#f4f2ee' : '#26211d';
  }

  // The canvas is as high as the window at most and stays in it; what it shows moves with the page.
  function scrolled() {
    return canvas.getBoundingClientRect().top - byId('graph').getBoundingClientRect().top;
  }

  function draw() {
    const ratio = window.devicePixelRatio || 1;
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.font = FONT;
    context.textBaseline = 'middle';
    const top = scrolled();
    layout.rows.forEach((row, depth) => {
      const y = rowTop(depth) - top;
      if (y > -ROW && y < height) row.forEach(box => drawBox(box, y));
    });
    drawOutline(state.hover, top, false);
    drawOutline(state.focus, top, document.activeElement === canvas);
  }

  function drawBox(box, y) {
    const behind = tree.depth[box.node] < tree.depth[state.zoom];
    const width = Math.max(MIN_WIDTH, box.width - (box.width > 3 ? GAP : 0));
    context.globalAlpha = behind || state.matches !== null && !isMatch(box.node) ? 0.5 : 1;
    context.fillStyle = fillOf(box.node);
    context.beginPath();
    if (width > 8) context.roundRect(box.x, y, width, ROW - GAP, 2); else context.rect(box.x, y, width, ROW - GAP);
    context.fill();
    context.globalAlpha = behind || state.matches !== null && !isMatch(box.node) ? 0.75 : 1;
    if (width > 24) drawLabel(box, y, width - 10);
    context.globalAlpha = 1;
  }

  function drawLabel(box, y, room) {
    const text = fittingLabel(box.node, room);
    if (text) {
      context.fillStyle = inkOf(box.node);
      context.fillText(text, box.x + 5, y + ROW / 2);
    }
  }

  const widths = new Map();
  function textWidth(text) {
    let width = widths.get(text);
    if (width === undefined) {
      width = context.measureText(text).width;
      widths.set(text, width);
    }
    return width;
  }

  // The longest that fits: the whole name, class and method, the method, the beginning of the method.
  function fittingLabel(node, room) {
    const name = labelOf(node);
    const { shortName, method } = split(node);
    for (const text of [name, shortName, method]) {
      if (textWidth(text) <= room) return text;
    }
    const letters = Math.floor(method.length * room / textWidth(method)) - 1;
    return letters >= 2 ? Array.from(method).slice(0, letters).join('') + '\u2026' : '';
  }

  const labelOf = node => mainKind(node) === 'native' && node > 0 ? nameOf(node) + '(native)' : nameOf(node);

  // "org.acme.Type.method" is package "org.acme." and "Type.method", native code's "library!function" the same with "!";
  // what is neither stays whole.
  function split(node) {
    const name = labelOf(node);
    const code = mainKind(node) === 'native_code' ? /^([^!]+!)(.+)$/.exec(name) : null;
    if (code) return { packageName: code[1], shortName: code[2], method: code[2] };
    const parts = /^((?:[^.\s()]+\.)+)([^.\s()]+\.[^.\s]+)$/.exec(name);
    if (!parts) return { packageName: '', shortName: name, method: name };
    return { packageName: parts[1], shortName: parts[2], method: parts[2].slice(parts[2].lastIndexOf('.') + 1) };
  }

  function drawOutline(node, top, strong) {
    const box = node === NONE ? null : boxOf(node);
    if (!box) return;
    const y = rowTop(tree.depth[node]) - top;
    context.lineWidth = strong ? 2 : 1;
    context.strokeStyle = strong ? (isDark() ? '#ffffff' : '#111111') : (isDark() ? '#d0d6dd' : '#4a4f55');
    context.strokeRect(box.x + 0.5, y + 0.5, Math.max(1, box.width - GAP - 1), ROW - GAP - 1);
  }

  let frameRequest = 0;
  function redraw() {
    if (frameRequest === 0) {
      frameRequest = requestAnimationFrame(() => {
        frameRequest = 0;
        draw();
      });
    }
  }

  function resizeGraph() {
    const controls = byId('controls').offsetHeight;
    const rows = layout.rows.length * ROW;
    const room = Math.max(120, window.innerHeight - controls - document.querySelector('footer').offsetHeight - 12);
    byId('graph').style.height = `${rows}px`;
    canvas.style.height = `${state.printing ? Math.min(rows, MAX_PRINT_HEIGHT) : Math.min(rows, room)}px`;
    canvas.style.top = `${controls + 6}px`;
  }

  // Everything that depends on zoom, switches or size.
  function refresh() {
    const nothing = shown.total[0] === 0;
    canvas.hidden = nothing;
    byId('empty').hidden = !nothing;
    byId('empty').textContent = nothing ? emptyReason() : '';
    arrange();
    showPath();
    resizeGraph();
    const data = canvas.dataset;
    data.rowHeight = ROW;
    data.samples = shown.total[0];
    data.zoom = nameOf(state.zoom);
    data.zoomSamples = shown.total[state.zoom];
    data.framesDrawn = layout.drawn;
    data.framesHidden = layout.hidden;
    redraw();
  }

  function emptyReason() {
    const samples = profile.samples;
    if (tree.self.some(count => count > 0)) {
      return 'Everything is hidden by the switches (idle) and (non-java).';
    }
    return samples.idle > 0
      ? `No thread ran while this was taken: all ${number(samples.idle)} samples are idle. Profile without -x to see where the threads wait.`
      : 'This profile has no samples.';
  }

  // ---- words ---------------------------------------------------------------------------------------------------

  const number = value => value.toLocaleString('en-US');
  const plural = (count, noun) => `${number(count)} ${noun}${count === 1 ? '' : 's'}`;

  function percent(part, whole) {
    const value = whole === 0 ? 0 : 100 * part / whole;
    return `${value.toFixed(value > 0 && value < 1 ? 2 : 1)} %`;
  }

  function seconds(micros) {
    if (micros < 1e3) return `${micros.toFixed(0)} \u00b5s`;
    return micros < 1e6 ? `${(micros / 1e3).toPrecision(3)} ms` : `${(micros / 1e6).toFixed(2)} s`;
  }

  const KIND_WORDS = {
    interpreted: 'interpreted', c1: 'compiled by C1', c2: 'compiled by C2', inlined: 'inlined into its caller',
    native: 'native method', native_code: 'native code', kernel: 'kernel', thread: 'thread', marker: 'marker', failed: 'failed walk',
  };

  function kindWords(node) {
    const kinds = pairs(tree.kind, node);
    if (kinds[1] === NONE) return KIND_WORDS[kindName(kinds[0])];
    const all = sumOfSamples(kinds);
    const words = [];
    for (let i = 0; i < kinds.length; i += 2) {
      words.push(`${KIND_WORDS[kindName(kinds[i])]} ${percent(kinds[i + 1], all)}`);
    }
    return words.join(', ');
  }

  const sumOfSamples = list => list.reduce((sum, value, i) => i % 2 === 1 ? sum + value : sum, 0);

  function describe(node) {
    const total = shown.total[node];
    const parent = tree.parent[node];
    const ofParent = parent === NONE ? '' : `, ${percent(total, shown.total[parent])} of its caller`;
    return `${labelOf(node)}, ${plural(total, 'sample')}, ${percent(total, shown.total[0])} of total${ofParent}`
        + (node === 0 ? '' : `, ${kindWords(node)}`);
  }

  function say(text) {
    byId('status').textContent = text;
  }

  function sayView() {
    const narrow = layout.hidden > 0 ? `; ${plural(layout.hidden, 'frame')} too narrow to draw (they count)` : '';
    say(`${plural(shown.total[0], 'sample')}, ${plural(layout.drawn, 'frame')}${narrow}`);
  }

  // ---- tooltip -------------------------------------------------------------------------------------------------

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function facts(node) {
    const total = shown.total[node];
    const parent = tree.parent[node];
    const list = [['Samples', number(total)], ['Of total', percent(total, shown.total[0])]];
    if (parent > 0) list.push(['Of caller', percent(total, shown.total[parent])]);
    if (state.zoom !== 0 && isAncestor(state.zoom, node)) {
      list.push(['Of zoomed', percent(total, shown.total[state.zoom])]);
    }
    list.push(['Itself', `${number(tree.self[node])} (${percent(tree.self[node], shown.total[0])})`]);
    list.push(['CPU time', seconds(shown.cpu[node])]);
    return list;
  }

  function fillTooltip(node) {
    const tooltip = byId('tooltip');
    const { packageName, shortName } = split(node);
    const list = element('dl');
    facts(node).forEach(([name, value]) => list.append(element('dt', '', name), element('dd', '', value)));
    tooltip.replaceChildren(
      element('div', 'package', packageName.replace(/\.$/, '')),
      element('div', 'name', shortName),
      element('div', 'kind', node === 0 ? 'all samples shown' : kindWords(node)),
      list);
    const lines = lineTable(node);
    if (lines) tooltip.append(lines);
  }

  function lineTable(node) {
    const lines = tree.lines ? pairs(tree.lines, node) : [0, NONE];
    if (lines[1] === NONE) {
      return lines[0] === 0 ? null : tableOf([[`line ${lines[0]}`, 1]]);
    }
    const all = sumOfSamples(lines);
    const rows = [];
    let rest = 0;
    let more = 0;
    for (let i = 0; i < lines.length; i += 2) {
      if (lines[i] !== 0 && rows.length < TOOLTIP_LINES) {
        rows.push([`line ${lines[i]}`, lines[i + 1] / all]);
      } else {
        rest += lines[i + 1];
        more++;
      }
    }
    if (more > 0) rows.push([rows.length > 0 ? 'other lines' : 'line not known', rest / all]);
    return tableOf(rows);
  }

  function tableOf(rows) {
    const table = element('table');
    for (const [label, share] of rows) {
      const row = table.insertRow();
      row.insertCell().textContent = label;
      row.insertCell().textContent = percent(share, 1);
      const bar = element('div');
      bar.style.width = `${100 * share}%`;
      row.insertCell().append(bar);
    }
    return table;
  }

  // Below the place, or above it where there is no room. The keyboard's tooltip goes to the window's lower right corner.
  function showTooltip(node, x, y) {
    const tooltip = byId('tooltip');
    fillTooltip(node);
    tooltip.hidden = false;
    const width = tooltip.offsetWidth;
    const height = tooltip.offsetHeight;
    const bottom = window.innerHeight - document.querySelector('footer').offsetHeight;
    const top = y + 18 + height <= bottom ? y + 18 : Math.min(y, bottom) - height - 14;
    tooltip.style.left = `${Math.max(8, Math.min(x + 14, window.innerWidth - width - 8))}px`;
    tooltip.style.top = `${Math.max(8, top)}px`;
  }

  function hideTooltip() {
    byId('tooltip').hidden = true;
  }

  // ---- zoom and focus ------------------------------------------------------------------------------------------

  function zoomTo(node) {
    state.zoom = node;
    state.focus = node;
    hideTooltip();
    refresh();
    scrollToRow(node);
    say(node === 0 ? 'Everything is shown' : `Zoomed into ${describe(node)}`);
    canvas.dataset.focus = nameOf(node);
  }

  function showPath() {
    const nav = byId('path');
    nav.hidden = state.zoom === 0;
    const path = pathTo(state.zoom);
    const callers = path.slice(1, -1);
    const items = [0, ...callers.slice(-PATH_LIMIT)].flatMap(pathItem);
    if (callers.length > PATH_LIMIT) {
      items.splice(2, 0, element('span', '', ` ${number(callers.length - PATH_LIMIT)} more `), element('span', '', '\u203a'));
    }
    const here = element('span', '', split(state.zoom).shortName);
    here.setAttribute('aria-current', 'location');
    nav.replaceChildren(...items, here);
    nav.scrollLeft = nav.scrollWidth;
  }

  function pathItem(node) {
    const button = element('button', '', split(node).shortName);
    button.type = 'button';
    button.title = labelOf(node);
    button.addEventListener('click', () => zoomTo(node));
    return [button, element('span', '', '\u203a')];
  }

  function focusOn(node, announcement) {
    state.focus = node;
    canvas.dataset.focus = nameOf(node);
    scrollToRow(node);
    draw();
    say((announcement || '') + describe(node));
    showTooltip(node, window.innerWidth, window.innerHeight);
  }

  // Room is left above for a caller or two, and for the tooltip below.
  function scrollToRow(node) {
    const y = rowTop(tree.depth[node]);
    const top = scrolled();
    const height = canvas.clientHeight;
    if (y < top + ROW) {
      window.scrollBy(0, y - top - 2 * ROW);
    } else if (y > top + height - 3 * ROW) {
      const bounds = canvas.getBoundingClientRect();
      const below = Math.max(0, bounds.bottom - window.innerHeight + 40);
      window.scrollBy(0, Math.max(below, y - top - height + 6 * ROW));
    }
  }

  function focusedOrZoomed() {
    return state.focus !== NONE && boxOf(state.focus) ? state.focus : state.zoom;
  }

  function moveAlongRow(step) {
    const node = focusedOrZoomed();
    const row = layout.rows[tree.depth[node]] || [];
    const next = row[row.findIndex(box => box.node === node) + step];
    if (next) focusOn(next.node);
  }

  function moveToCaller() {
    const parent = tree.parent[focusedOrZoomed()];
    if (parent !== NONE) focusOn(parent);
  }

  function moveToCallee() {
    const node = focusedOrZoomed();
    const callees = (layout.rows[tree.depth[node] + 1] || []).filter(box => tree.parent[box.node] === node);
    const widest = callees.reduce((best, box) => !best || box.width > best.width ? box : best, null);
    if (widest) focusOn(widest.node);
  }

  // ---- search --------------------------------------------------------------------------------------------------

  function matcher() {
    const text = byId('search').value;
    if (text === '') return null;
    if (byId('regex').getAttribute('aria-pressed') === 'true') {
      const expression = new RegExp(text, 'i');
      return name => expression.test(name);
    }
    const lower = text.toLowerCase();
    return name => name.toLowerCase().includes(lower);
  }

  function search() {
    const input = byId('search');
    let matches = null;
    try {
      matches = matcher();
      input.removeAttribute('aria-invalid');
    } catch (error) {
      input.setAttribute('aria-invalid', 'true');
    }
    state.matches = matches && Uint8Array.from(profile.names, name => matches(name) ? 1 : 0);
    showMatches();
    redraw();
  }

  // Samples are counted once per stack: below a match, further matches add nothing.
  function collectMatches() {
    let samples = 0;
    let counted = 0;
    state.matchNodes = [];
    state.matchIndex = NONE;
    for (let i = 1; state.matches !== null && i < tree.count; i++) {
      if (!isMatch(i) || shown.total[i] === 0) continue;
      state.matchNodes.push(i);
      if (i >= counted) {
        samples += shown.total[i];
        counted = tree.end[i];
      }
    }
    state.matchNodes.sort((a, b) => shown.total[b] - shown.total[a] || a - b);
    return samples;
  }

  function showMatches() {
    const samples = collectMatches();
    const frames = state.matchNodes.length;
    const output = byId('matched');
    const found = state.matches !== null;
    const invalid = byId('search').hasAttribute('aria-invalid');
    output.textContent = invalid ? 'not a regular expression' : found ? `${percent(samples, shown.total[0])} matched` : '';
    output.title = found ? `${plural(samples, 'sample')} in ${plural(frames, 'frame')}` : '';
    output.dataset.samples = samples;
    output.dataset.frames = frames;
    byId('next').disabled = byId('previous').disabled = frames === 0;
  }

  function goToMatch(step) {
    const count = state.matchNodes.length;
    if (count === 0) return;
    state.matchIndex = state.matchIndex === NONE && step < 0 ? count - 1 : (state.matchIndex + step + count) % count;
    const node = state.matchNodes[state.matchIndex];
    if (!boxOf(node)) {
      state.zoom = nearestWideView(node);
      refresh();
    }
    focusOn(node, `Match ${number(state.matchIndex + 1)} of ${number(count)}: `);
  }

  // The outermost caller within which the frame is wide enough to be seen.
  function nearestWideView(node) {
    const visible = canvas.clientWidth / 20;
    return pathTo(node).find(ancestor => shown.total[ancestor] <= shown.total[node] * visible);
  }

  function clearSearch() {
    byId('search').value = '';
    search();
  }

  // ---- switches ------------------------------------------------------------------------------------------------

  function toggleKind(property, id) {
    const button = byId(id);
    if (button.disabled) return;
    state[property] = !state[property];
    button.setAttribute('aria-checked', String(state[property]));
    shown = measure();
    while (state.zoom !== 0 && shown.total[state.zoom] === 0) {
      state.zoom = tree.parent[state.zoom];
    }
    if (state.focus !== NONE && shown.total[state.focus] === 0) state.focus = NONE;
    hideTooltip();
    showMatches();
    refresh();
    sayView();
  }

  function flip() {
    state.flipped = !state.flipped;
    byId('flip').setAttribute('aria-pressed', String(state.flipped));
    hideTooltip();
    refresh();
    scrollToRow(state.zoom);
    say(state.flipped ? 'Callees stand on their callers' : 'Callees hang below their callers');
  }

  function setUpSwitch(property, id, marker) {
    const nodes = [];
    for (let i = 1; i < tree.count; i++) {
      if (isMarker(i, marker)) nodes.push(i);
    }
    const samples = nodes.reduce((sum, node) => sum + shown.total[node], 0);
    const button = byId(id);
    button.disabled = nodes.length === 0;
    if (button.disabled) {
      button.title = `This profile has no ${marker} stacks`;
      button.setAttribute('aria-checked', 'false');
    } else {
      button.append(element('span', 'count', number(samples)));
    }
    button.addEventListener('click', () => toggleKind(property, id));
  }

  // ---- header --------------------------------------------------------------------------------------------------

  const SAMPLE_KINDS = [['java', 'Java'], ['nonJava', 'non-Java'], ['idle', 'idle'], ['failed', 'failed']];
  const SAMPLE_CLASSES = { java: 'java', nonJava: 'non-java', idle: 'idle', failed: 'failed' };

  function fillHeader() {
    byId('command').textContent = profile.command;
    byId('command').title = profile.command;
    byId('pid').textContent = `pid ${profile.pid}`;
    byId('facts').append(...profile.facts.map(fact => element('span', '', fact)));
    byId('ledger').textContent = profile.ledger;
    byId('unknown').append(...profile.unknown.map(({ text, serious }) => element('li', serious ? 'serious' : '', text)));
    const all = SAMPLE_KINDS.reduce((sum, [key]) => sum + profile.samples[key], 0);
    for (const [key, word] of SAMPLE_KINDS) {
      const count = profile.samples[key];
      const item = element('li');
      const note = key === 'idle' && !profile.idleIncluded && count > 0 ? ' (left out by -x)' : '';
      item.append(element('i', SAMPLE_CLASSES[key]), element('b', '', number(count)),
        element('span', '', ` ${word}, ${percent(count, all)}${note}`));
      byId('kinds').append(item);
      if (count > 0) {
        const bar = element('div', SAMPLE_CLASSES[key]);
        bar.style.flex = `${count} 0 0`;
        byId('kinds-bar').append(bar);
      }
    }
  }

  const LEGEND = [['c2', 'C2'], ['inlined', 'inlined'], ['c1', 'C1'], ['interpreted', 'interpreted'],
    ['native', 'native'], ['native_code', 'native code'], ['kernel', 'kernel'], ['thread', 'thread'], ['marker', 'marker'], ['failed', 'failed']];

  function fillLegend() {
    const present = new Set();
    for (let i = 1; i < tree.count; i++) {
      present.add(colourKind(i));
    }
    byId('legend').replaceChildren(...LEGEND.filter(([kind]) => present.has(kind)).map(([kind, word]) => {
      const item = element('li');
      const sample = element('i');
      sample.style.background = kindColour(kind);
      item.append(sample, word);
      return item;
    }));
  }

  // ---- events --------------------------------------------------------------------------------------------------

  function escape() {
    hideTooltip();
    if (state.zoom !== 0) zoomTo(0); else clearSearch();
  }

  function reset() {
    clearSearch();
    zoomTo(0);
  }

  const KEYS = {
    ArrowLeft: () => moveAlongRow(-1),
    ArrowRight: () => moveAlongRow(1),
    ArrowUp: () => state.flipped ? moveToCallee() : moveToCaller(),
    ArrowDown: () => state.flipped ? moveToCaller() : moveToCallee(),
    Enter: () => zoomTo(focusedOrZoomed()),
    ' ': () => zoomTo(focusedOrZoomed()),
    Home: () => focusOn(state.zoom),
    Backspace: () => zoomTo(Math.max(0, tree.parent[state.zoom])),
  };
  const GLOBAL_KEYS = {
    '/': () => byId('search').select(),
    n: () => goToMatch(1),
    N: () => goToMatch(-1),
    i: () => toggleKind('idle', 'toggle-idle'),
    j: () => toggleKind('nonJava', 'toggle-non-java'),
    f: flip,
    0: () => zoomTo(0),
    h: () => byId('help').showModal(),
    '?': () => byId('help').showModal(),
    Escape: escape,
  };

  function onSearchKey(event) {
    if (event.key === 'Enter') {
      goToMatch(event.shiftKey ? -1 : 1);
    } else if (event.key === 'Escape') {
      clearSearch();
      canvas.focus({ preventScroll: true });
    }
  }

  function onKey(event) {
    const inSearch = event.target === byId('search');
    if ((event.ctrlKey || event.metaKey) && event.key === 'f' && !inSearch) {
      event.preventDefault();
      byId('search').select();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || byId('help').open) return;
    if (inSearch) {
      onSearchKey(event);
      return;
    }
    const onGraph = event.target === canvas || event.target === document.body;
    const action = (onGraph && KEYS[event.key]) || GLOBAL_KEYS[event.key];
    if (action) {
      event.preventDefault();
      action();
    }
  }

  function onPointerMove(event) {
    if (event.pointerType === 'touch') return;
    const box = boxAt(event.clientX, event.clientY);
    const node = box ? box.node : NONE;
    canvas.classList.toggle('over', node !== NONE);
    if (node !== state.hover) {
      state.hover = node;
      redraw();
    }
    if (node === NONE) hideTooltip(); else showTooltip(node, event.clientX, event.clientY);
  }

  // A finger cannot hover: its first tap shows the frame, the second zooms.
  function onClick(event) {
    const box = boxAt(event.clientX, event.clientY);
    if (!box) return;
    if (event.pointerType === 'touch' && state.focus !== box.node) {
      focusOn(box.node);
    } else {
      zoomTo(box.node);
    }
  }

  function leave() {
    state.hover = NONE;
    hideTooltip();
    redraw();
  }

  function switchPrinting(printing) {
    state.printing = printing;
    fillLegend();
    resizeGraph();
    draw();
  }

  function listen() {
    document.addEventListener('keydown', onKey);
    canvas.addEventListener('pointermove', onPointerMove);
    canvas.addEventListener('pointerleave', leave);
    canvas.addEventListener('click', onClick);
    canvas.addEventListener('focus', redraw);
    canvas.addEventListener('blur', leave);
    byId('search').addEventListener('input', search);
    byId('regex').addEventListener('click', () => {
      const pressed = byId('regex').getAttribute('aria-pressed') === 'true';
      byId('regex').setAttribute('aria-pressed', String(!pressed));
      search();
    });
    byId('next').addEventListener('click', () => goToMatch(1));
    byId('previous').addEventListener('click', () => goToMatch(-1));
    byId('flip').addEventListener('click', flip);
    byId('reset').addEventListener('click', reset);
    byId('show-help').addEventListener('click', () => byId('help').showModal());
    window.addEventListener('scroll', draw, { passive: true });
    window.addEventListener('resize', refresh);
    window.addEventListener('beforeprint', () => switchPrinting(true));
    window.addEventListener('afterprint', () => switchPrinting(false));
    darkScheme.addEventListener('change', () => {
      fillLegend();
      redraw();
    });
  }

  fillHeader();
  fillLegend();
  setUpSwitch('idle', 'toggle-idle', '(idle)');
  setUpSwitch('nonJava', 'toggle-non-java', '(non-java)');
  listen();
  showMatches();
  refresh();
  sayView();
})();
