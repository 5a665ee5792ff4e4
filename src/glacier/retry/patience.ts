/**
 * How long a run bears failing requests. The budget of `--retry-for` belongs to the run, not to a request or a file: once
 * it is spent, nothing is repeated until the service has confirmed something again.
 */

/** The patience of one run with one endpoint. */
export class Patience {
  #isSpent = false;
  #answers = 0;

  /** A request was given up, and nothing has been confirmed since. */
  get isSpent(): boolean {
    return this.#isSpent;
  }

  /** How many requests got an answer that was not "try again later". An endpoint that is down gives none. */
  get answers(): number {
    return this.#answers;
  }

  noteAnswer(): void {
    this.#answers += 1;
  }

  noteGivenUp(): void {
    this.#isSpent = true;
  }

  /** Something that was asked for is done: a part is stored, a range has arrived, an archive is deleted. */
  noteProgress(): void {
    this.#isSpent = false;
  }
}

/** The patience of one run with each endpoint that it speaks to. */
export class RunPatience {
  readonly #byEndpoint = new Map<string, Patience>();

  /** @param endpoint a URL or a region */
  with(endpoint: string): Patience {
    const known = this.#byEndpoint.get(endpoint);
    if (known) return known;
    const patience = new Patience();
    this.#byEndpoint.set(endpoint, patience);
    return patience;
  }

  /** A request to one of the endpoints was given up, and nothing has been confirmed there since. */
  get isSpent(): boolean {
    return [...this.#byEndpoint.values()].some(({ isSpent }) => isSpent);
  }

  /** Of all endpoints. */
  get answers(): number {
    return [...this.#byEndpoint.values()].reduce((sum, { answers }) => sum + answers, 0);
  }
}
