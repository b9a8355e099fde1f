// What the reward of a stranger's link can do.

import { describe, expect, it } from "vitest";
import { rateInSandbox } from "./rate-in-sandbox.ts";

const texts = [
  { prompt: "a", completion: "Who?", answer: "" },
  { prompt: "a", completion: "No.", answer: "" },
];
const rate = (code: string) => rateInSandbox(code, texts, { seconds: 2 });
const attempt = (code: string) => rate(`async () => { try { ${code}; return 1 } catch { return 0 } }`);

describe("rateInSandbox", () => {
  it("gives a number for each text, also from asynchronous functions", async () => {
    expect(await rate('({ completion }) => (completion.endsWith("?") ? 1 : 0)')).toEqual([1, 0]);
    expect(await rate("async ({ completion }) => completion.length")).toEqual([4, 3]);
  });

  it.each([
    ["fetch", `await fetch("${location.origin}/", { mode: "no-cors" })`],
    ["a script", `importScripts("data:text/javascript,")`],
    ["a module", `await import("data:text/javascript,")`],
    [
      "a socket",
      `await new Promise((yes, no) => { const s = new WebSocket("ws://${location.host}"); s.onopen = yes; s.onerror = no })`,
    ],
    ["code from text", 'eval("1")'],
    [
      "storage",
      'await new Promise((yes, no) => { const open = indexedDB.open("x"); open.onsuccess = yes; open.onerror = no })',
    ],
  ])("refuses %s", async (_, code) => {
    expect(await attempt(code)).toEqual([0, 0]);
  });

  it("rejects code that is no function, throws, or never ends, and leaves no frame", async () => {
    await expect(rate("({ completion }) =>")).rejects.toThrow("failed: ");
    await expect(rate("() => { throw new Error('no') }")).rejects.toThrow("no");
    await expect(rate("() => { for (;;); }")).rejects.toThrow("2 seconds");
    expect(document.querySelector("iframe[srcdoc]")).toBeNull();
  });
});
