// Runs a reward that the user wrote, or that came with a link: in a worker, inside a frame that has an origin of its own and no
// network. A reward that never ends stops at the time limit.

import type { RatedText } from "../protocol/run.ts";

// Workers made from blobs inherit the policy of the frame. It allows no connections, imports, images or nested frames.
const policy = "default-src 'none'; script-src 'unsafe-inline' blob:; worker-src blob:";

/** Starts a worker with the received source, and passes its answer on. The page's policy allows it by its digest. */
export const frameScript = `addEventListener("message", ({ data: { source, texts }, ports: [port] }) => {
  const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  worker.onmessage = ({ data }) => port.postMessage(data);
  worker.onerror = ({ message }) => port.postMessage({ problem: message });
  worker.postMessage(texts);
});`;

/** The code is an expression, a function of one text. */
const workerSource = (code: string) => `const reward = (${code}
);
onmessage = async ({ data: texts }) => {
  try {
    const values = [];
    for (const text of texts) values.push(await reward(text));
    postMessage({ values });
  } catch (error) {
    postMessage({ problem: String(error) });
  }
};`;

/** The results of the code for each text, usually numbers. Rejects if the code is no function, throws, or takes too long. */
export async function rateInSandbox(
  code: string,
  texts: readonly RatedText[],
  { seconds }: { readonly seconds: number },
): Promise<readonly number[]> {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.sandbox.add("allow-scripts");
  frame.srcdoc = `<meta http-equiv="Content-Security-Policy" content="${policy}"><script>${frameScript}</script>`;
  const { port1, port2 } = new MessageChannel();
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const values = await new Promise<unknown>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`The reward took longer than ${seconds} seconds.`)), 1000 * seconds);
      port1.onmessage = ({ data }: MessageEvent<{ readonly values?: unknown; readonly problem?: string }>) =>
        data.problem === undefined ? resolve(data.values) : reject(new Error(`The reward failed: ${data.problem}`));
      frame.onload = () => frame.contentWindow?.postMessage({ source: workerSource(code), texts }, "*", [port2]);
      document.body.append(frame);
    });
    if (!Array.isArray(values)) throw new Error("The reward gave no values.");
    return values; // the run checks each
  } finally {
    clearTimeout(timer);
    port1.close();
    frame.remove(); // ends its worker
  }
}
