// Metrics of the server in Prometheus' text format.

/** Upper bounds of the histogram's buckets, in seconds. */
const buckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;

export interface Gauges {
  readonly running: number;
  readonly waiting: number;
  readonly models: number;
}

export class Metrics {
  readonly #requests = new Map<string, number>();
  readonly #tokens = { prompt: 0, completion: 0 };
  readonly #seconds = buckets.map(() => 0);
  #count = 0;
  #sum = 0;

  /** Counts a request that was answered. `route` is a pattern, never a client's text. */
  answered(route: string, status: number, seconds: number): void {
    const labels = `route="${route}",status="${status}"`;
    this.#requests.set(labels, (this.#requests.get(labels) ?? 0) + 1);
    this.#count += 1;
    this.#sum += seconds;
    for (const [index, end] of buckets.entries())
      if (seconds <= end) this.#seconds[index] = (this.#seconds[index] ?? 0) + 1;
  }

  wrote(tokens: { readonly prompt: number; readonly completion: number }): void {
    this.#tokens.prompt += tokens.prompt;
    this.#tokens.completion += tokens.completion;
  }

  text({ running, waiting, models }: Gauges): string {
    const requests = [...this.#requests].map(([labels, count]) => `lowrank_requests_total{${labels}} ${count}`);
    const seconds = buckets.map((end, index) => `lowrank_request_seconds_bucket{le="${end}"} ${this.#seconds[index]}`);
    const lines = [
      "# HELP lowrank_requests_total Requests whose answer has begun.",
      "# TYPE lowrank_requests_total counter",
      ...requests,
      "# HELP lowrank_request_seconds From a request to the beginning of its answer.",
      "# TYPE lowrank_request_seconds histogram",
      ...seconds,
      `lowrank_request_seconds_bucket{le="+Inf"} ${this.#count}`,
      `lowrank_request_seconds_sum ${this.#sum}`,
      `lowrank_request_seconds_count ${this.#count}`,
      "# HELP lowrank_tokens_total Tokens of texts that were written to their end.",
      "# TYPE lowrank_tokens_total counter",
      `lowrank_tokens_total{kind="prompt"} ${this.#tokens.prompt}`,
      `lowrank_tokens_total{kind="completion"} ${this.#tokens.completion}`,
      "# HELP lowrank_texts Texts at the moment.",
      "# TYPE lowrank_texts gauge",
      `lowrank_texts{state="running"} ${running}`,
      `lowrank_texts{state="waiting"} ${waiting}`,
      "# HELP lowrank_models Names that may be asked for.",
      "# TYPE lowrank_models gauge",
      `lowrank_models ${models}`,
    ];
    return `${lines.join("\n")}\n`;
  }
}
