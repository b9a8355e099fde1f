// The studio's page in a test: actions of a user, and calls of the console.

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { BrowserContextOptions, Locator, Page } from "playwright-core";
import type { CallName, Calls } from "../src/protocol/calls.ts";
import type { EngineName } from "../src/protocol/model.ts";
import type { BuiltStudio } from "./built-studio.ts";

export interface StudioPageOptions extends BrowserContextOptions {
  /** Whether threads may start: half as many as the device has cores. */
  readonly isolated?: boolean;
  /** The reported hardware of the device. */
  readonly cores?: number;
}

/** A tab with the page and its model, without a service worker. */
export async function openStudioPage(
  studio: BuiltStudio,
  { isolated = false, cores, ...options }: StudioPageOptions = {},
): Promise<Page> {
  const page = await studio.newPage({ serviceWorkers: "block", ...options });
  if (isolated) await isolate(page, cores);
  await page.goto(studio.address);
  await ready(page);
  return page;
}

/** A server that allows threads, on a device with this many cores. */
async function isolate(page: Page, cores?: number): Promise<void> {
  const isolating = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
  await page.route("**/*", async (route) => {
    const response = await route.fetch();
    const isWorker = cores !== undefined && route.request().url().includes("studio-worker");
    const script = `Object.defineProperty(navigator, "hardwareConcurrency", { value: ${cores} });`;
    const body = isWorker ? { body: script + (await response.text()) } : {};
    await route.fulfill({ response, ...body, headers: { ...response.headers(), ...isolating } });
  });
}

/** Waits until the model is there. */
export async function ready(page: Page): Promise<void> {
  await page.getByText(/is ready\./).waitFor({ timeout: 60_000 });
}

/** Opens what starts closed in a part of the page: its settings. */
export async function unfold(page: Page, part: "model" | "adapt" | "try"): Promise<void> {
  const details = page.locator(`#${part} > details:is(.change, .folded)`);
  if ((await details.count()) > 0 && (await details.getAttribute("open")) === null)
    await details.locator("> summary").click();
}

/** Chooses what the model computes on. */
export async function chooseEngine(page: Page, name: EngineName): Promise<void> {
  await unfold(page, "model");
  await page.locator("#model select").selectOption(name);
}

/** Opens a model from files, as a user does. */
export async function chooseModelFiles(page: Page, files: Parameters<Locator["setInputFiles"]>[0]): Promise<void> {
  await unfold(page, "model");
  await page.getByRole("radio", { name: "Your own" }).check();
  await page.getByTestId("model-files").setInputFiles(files);
  await page.getByRole("button", { name: "Load it" }).click();
}

/** Opens SmolLM2 from its file. */
export async function openSmollm2(page: Page, gguf: string): Promise<void> {
  await chooseModelFiles(page, gguf);
  await page.getByText(/SmolLM2.* is ready\./).waitFor({ timeout: 90_000 });
}

/** Puts SmolLM2's file on the page's disk, as an earlier visit leaves it. */
export async function keepSmollm2(page: Page, gguf: string): Promise<void> {
  await page.evaluate(() => {
    const input = document.createElement("input");
    document.body.append(Object.assign(input, { type: "file", id: "kept-model" }));
  });
  await page.locator("#kept-model").setInputFiles(gguf);
  await page.evaluate(async (name) => {
    const input = document.querySelector<HTMLInputElement>("#kept-model");
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle("lowrank-studio-models", { create: true });
    const file = await folder.getFileHandle(name, { create: true });
    await input?.files?.[0]?.stream().pipeTo(await file.createWritable());
    await folder.getFileHandle(`${name}.whole`, { create: true });
    input?.remove();
  }, basename(gguf));
}

/** Calls the worker, as from the browser's console. */
export function ask<Name extends CallName>(
  page: Page,
  name: Name,
  request: Calls[Name]["request"],
): Promise<Calls[Name]["answer"]> {
  return page.evaluate(
    ([call, what]) => {
      const { studio } = globalThis as unknown as { studio: { ask(name: string, ask: unknown): Promise<never> } };
      return studio.ask(call as string, what);
    },
    [name, request] as const,
  );
}

/** Logits [time · vocabulary] of a row of token ids, with an adapter of the shelf if one is named. */
export async function logits(page: Page, request: Calls["logits"]["request"]): Promise<readonly number[]> {
  return page.evaluate(async (what) => {
    const { studio } = globalThis as unknown as { studio: { ask(name: string, ask: unknown): Promise<Float32Array> } };
    return Array.from(await studio.ask("logits", what));
  }, request);
}

/** The id of an adapter on the page's shelf. */
export async function adapterId(page: Page, name: string): Promise<string> {
  const entry = (await ask(page, "shelf", undefined)).find((each) => each.name === name);
  if (entry === undefined) throw new Error(`no adapter "${name}" is on the shelf`);
  return entry.id;
}

/** The zip of the chosen adapter, as a person gets it. */
export async function downloadAdapter(page: Page): Promise<Uint8Array> {
  const button = page.getByRole("button", { name: "Download the zip: The adapter" });
  const [file] = await Promise.all([page.waitForEvent("download"), button.click()]);
  return readFile(await file.path());
}

/** SHA-256 of a file that the page keeps on the browser's disk, as hexadecimal digits. */
export function storedDigest(page: Page, path: string): Promise<string> {
  return page.evaluate(async (file) => {
    let folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("lowrank-studio");
    const names = file.split("/");
    for (const name of names.slice(0, -1)) folder = await folder.getDirectoryHandle(name);
    const bytes = await (await (await folder.getFileHandle(names.at(-1) ?? "")).getFile()).arrayBuffer();
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }, path);
}
