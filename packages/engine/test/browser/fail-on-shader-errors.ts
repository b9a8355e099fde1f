// WebGPU reports a refused shader, or a lost device, only by an event: nothing is thrown, and the result is what was in
// memory before. In the tests of a page (vitest.browser.config.ts) such a report fails the test it comes from.

import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach } from "vitest";
import { propertyOf } from "../../src/engines/import-unbundled.ts";

const watched = new WeakSet<EventTarget>();
const reports: string[] = [];

beforeEach(() => listen());

afterEach(async () => {
  listen(); // an engine may have been started by the test itself
  const work: unknown = propertyOf(queue(), "onSubmittedWorkDone");
  if (typeof work === "function") await work.call(queue());
  const found = reports.splice(0);
  if (found.length > 0) throw new Error(`WebGPU reported: ${found.slice(0, 3).join("\n")}`);
});

function device(): unknown {
  return tf.engine().backendName === "webgpu" ? propertyOf(tf.backend(), "device") : undefined;
}

function queue(): unknown {
  return propertyOf(device(), "queue");
}

function listen(): void {
  const target = device();
  if (!(target instanceof EventTarget) || watched.has(target)) return;
  watched.add(target);
  target.addEventListener("uncapturederror", (event) => {
    reports.push(String(propertyOf(propertyOf(event, "error"), "message")));
  });
}
