// Clients of a server that send requests at one time, each to another model.

import { request } from "node:http";

/** The number of clients, and their requests. */
export interface Load {
  readonly clients: number;
  /** Texts that each client requests, one after the other. */
  readonly texts: number;
  readonly newTokens: number;
  /** Names of models, used in turn. */
  readonly models: readonly string[];
}

/** Milliseconds a token, of all clients together. */
export async function millisecondsPerToken(port: number, load: Load): Promise<number> {
  const begun = performance.now();
  const tokens = await Promise.all(Array.from({ length: load.clients }, (_, client) => tokensOf(port, load, client)));
  return (performance.now() - begun) / tokens.reduce((sum, count) => sum + count, 0);
}

async function tokensOf(port: number, { texts, newTokens, models }: Load, client: number): Promise<number> {
  let tokens = 0;
  for (let text = 0; text < texts; text++) {
    const { status, answer } = await complete(port, {
      model: models[client % models.length],
      prompt: `${"Once upon a time ".repeat(1 + (client % 4))}there was a number ${client * texts + text}, which`,
      max_tokens: newTokens,
      temperature: 0,
    });
    if (answer.usage === undefined) throw new Error(`The server answered ${status}: ${JSON.stringify(answer)}`);
    tokens += answer.usage.completion_tokens;
  }
  return tokens;
}

interface Answer {
  readonly usage?: { readonly completion_tokens: number };
}

/** Not by fetch, which waits five minutes for an answer's head: the last of 64 clients may wait longer on a slow machine. */
function complete(
  port: number,
  body: object,
): Promise<{ readonly status: number | undefined; readonly answer: Answer }> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const sent = request({ host: "127.0.0.1", port, path: "/v1/completions", method: "POST", headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      response
        .once("error", reject)
        .once("end", () => resolve({ status: response.statusCode, answer: JSON.parse(text) }));
    });
    sent.once("error", reject).end(JSON.stringify(body));
  });
}
