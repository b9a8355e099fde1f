// Clients of a server that ask at one time, each for another model.

/** How many ask, and for what. */
export interface Load {
  readonly clients: number;
  /** Texts that each asks for, one after the other. */
  readonly texts: number;
  readonly newTokens: number;
  /** Names of models that are asked for in turns. */
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
    const response = await fetch(`http://127.0.0.1:${port}/v1/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: models[client % models.length],
        prompt: `${"Once upon a time ".repeat(1 + (client % 4))}there was a number ${client * texts + text}, which`,
        max_tokens: newTokens,
        temperature: 0,
      }),
    });
    const answer = (await response.json()) as { readonly usage?: { readonly completion_tokens: number } };
    if (answer.usage === undefined)
      throw new Error(`The server answered ${response.status}: ${JSON.stringify(answer)}`);
    tokens += answer.usage.completion_tokens;
  }
  return tokens;
}
