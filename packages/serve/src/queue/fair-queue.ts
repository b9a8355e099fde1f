// Decides whose text is written next when there are more requests than room: the client with the fewest tokens so far (virtual token
// counters: Sheng et al. 2024, "Fairness in serving large language models"). A client is a path of address, API key and connection.
// Shares are equal among addresses, then among the keys of one address, and so on.

import { RequestError } from "../errors.ts";

/** A client, from the outermost name to the innermost. */
export type ClientPath = readonly string[];

export interface QueueLimits {
  readonly maxInside: number;
  readonly maxWaiting: number;
}

/** The slot of a text that is being written. */
export interface Slot {
  /** Counts tokens that the client has received. */
  charge(tokens: number): void;
  leave(): void;
}

/** A node of the tree of clients. It exists while a text of it waits or is being written. */
interface Client {
  readonly children: Map<string, Client>;
  served: number;
  waiting: number;
  texts: number;
}

interface Ticket {
  readonly clients: readonly Client[];
  enter(): void;
  refuse(reason: unknown): void;
}

export class FairQueue {
  readonly #root: Client = newClient(0);
  #waiting: readonly Ticket[] = [];
  #inside = 0;
  #emptied: (() => void)[] = [];

  constructor(private readonly limits: QueueLimits) {}

  /** The number of waiting texts. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Resolves when it is the text's turn. If too many texts wait, the newest text of the client with the most waiting texts is refused
   * with a RequestError (429), so that a client that fills the queue does not block others.
   */
  enter(path: ClientPath, signal: AbortSignal): Promise<Slot> {
    signal.throwIfAborted();
    const clients = this.#arrive(path);
    return new Promise((resolve, reject) => {
      const onAbort = () => ticket.refuse(signal.reason);
      const stopWaiting = () => {
        signal.removeEventListener("abort", onAbort);
        this.#waiting = this.#waiting.filter((other) => other !== ticket);
        for (const client of clients) client.waiting -= 1;
      };
      const charge = (tokens: number) => {
        for (const client of clients) client.served += tokens;
      };
      const leave = () => {
        this.#inside -= 1;
        this.#depart(path);
        this.#letIn();
      };
      const ticket: Ticket = {
        clients,
        enter: () => {
          stopWaiting();
          this.#inside += 1;
          charge(1); // so that clients take turns before the first token, too
          resolve({ charge, leave });
        },
        refuse: (reason) => {
          stopWaiting();
          this.#depart(path);
          reject(reason);
        },
      };
      signal.addEventListener("abort", onAbort, { once: true });
      for (const client of clients) client.waiting += 1;
      this.#waiting = [...this.#waiting, ticket];
      this.#letIn();
      if (this.waiting > this.limits.maxWaiting) this.#heaviest().refuse(queueFull(this.limits.maxWaiting));
    });
  }

  /** Resolves when no text waits or is being written. */
  async whenEmpty(): Promise<void> {
    while (this.#inside + this.waiting > 0) await new Promise<void>((resolve) => this.#emptied.push(resolve));
  }

  /** The nodes of a path. A new client starts with the minimum count of its siblings, so that idle clients gain no advantage. */
  #arrive(path: ClientPath): readonly Client[] {
    let parent = this.#root;
    return path.map((name) => {
      const served = [...parent.children.values()].map((client) => client.served);
      const client = parent.children.get(name) ?? newClient(served.length === 0 ? 0 : Math.min(...served));
      parent.children.set(name, client);
      client.texts += 1;
      parent = client;
      return client;
    });
  }

  #depart(path: ClientPath): void {
    let parent: Client | undefined = this.#root;
    for (const name of path) {
      const client: Client | undefined = parent?.children.get(name);
      if (client !== undefined && --client.texts === 0) parent?.children.delete(name);
      parent = client;
    }
    if (this.#inside + this.waiting === 0) for (const resolve of this.#emptied.splice(0)) resolve();
  }

  #letIn(): void {
    while (this.#inside < this.limits.maxInside && this.waiting > 0)
      this.#waiting.reduce((best, other) => (compared(other, best, "served") < 0 ? other : best)).enter();
  }

  #heaviest(): Ticket {
    return this.#waiting.reduce((max, other) => (compared(other, max, "waiting") >= 0 ? other : max));
  }
}

function newClient(served: number): Client {
  return { children: new Map(), served, waiting: 0, texts: 0 };
}

/** Outermost clients first. */
function compared(one: Ticket, other: Ticket, by: "served" | "waiting"): number {
  const differences = one.clients.map((client, level) => client[by] - (other.clients[level]?.[by] ?? 0));
  return differences.find((difference) => difference !== 0) ?? 0;
}

function queueFull(maxWaiting: number): RequestError {
  const message = `${maxWaiting} texts are already waiting, most of them from this client. Try again when some are finished.`;
  return new RequestError(429, "WRITER_FULL", message);
}
