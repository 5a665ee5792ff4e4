/** Asks for archives, so that none is asked for twice: a job costs, and asking is not idempotent. */
import type { Clock } from '../../clock.js';
import { type GlacierUpError, hasCode } from '../../errors.js';
import type { Tier } from '../../glacier/jobs.js';
import type { RetryingVault } from '../../glacier/retry/retrying-vault.js';
import type { Item } from '../items.js';
import { servingJobs, type WholeJob } from './job-list.js';

export interface Asker {
  vault: RetryingVault;
  clock: Clock;
  tier: Tier;
  /** 16 hex digits that tell the plan's jobs from others. */
  token: string;
  /** Temporary failures without any success are borne for so long. */
  patienceMs: number;
}

/** What the service does now may not be in its list at once. */
const settleMs = 1000;

/** Starts jobs; when it is not known whether there is one, the list of jobs is read, once for all that ask then. */
export class JobStarter {
  readonly #asker: Asker;
  #lastSuccessMs: number;
  #reading: { startedMs: number; jobs: Promise<Map<string, WholeJob>> } | null = null;

  constructor(asker: Asker) {
    this.#asker = asker;
    this.#lastSuccessMs = asker.clock.monotonicMs();
  }

  /**
   * @returns its job, and whether this has started it
   * @throws GlacierUpError throttling at once; what the service refused; temporary failures when they last
   */
  async start({ n, archiveId }: Item, signal: AbortSignal): Promise<{ jobId: string; job: WholeJob | null }> {
    const { vault, tier, token } = this.#asker;
    const description = `glacier-up restore ${token} ${n}`;
    for (;;) {
      try {
        const request = { kind: 'archive', archiveId, range: null, tier, description } as const;
        const jobId = await vault.initiateJobOnce(request, signal);
        this.#lastSuccessMs = this.#asker.clock.monotonicMs();
        return { jobId, job: null };
      } catch (error) {
        if (!isInDoubt(error)) throw error;
        const job = (await this.#jobsAfter(error, signal)).get(archiveId);
        if (job) return { jobId: job.jobId, job };
      }
    }
  }

  /** The jobs as they are after a failure. */
  async #jobsAfter(error: GlacierUpError, signal: AbortSignal): Promise<Map<string, WholeJob>> {
    const { clock, patienceMs, vault } = this.#asker;
    const failedMs = clock.monotonicMs();
    if (failedMs - this.#lastSuccessMs > patienceMs) throw error;
    await clock.sleep(settleMs + clock.random() * settleMs, signal);
    // What was read before the failure says nothing of it.
    if (this.#reading === null || this.#reading.startedMs <= failedMs) {
      const jobs = servingJobs(vault, signal, clock.now());
      this.#reading = { startedMs: clock.monotonicMs(), jobs };
    }
    return await this.#reading.jobs;
  }
}

/** After these there may be a job. */
function isInDoubt(error: unknown): error is GlacierUpError {
  if (!hasCode(error, 'temporary', 'request-timeout')) return false;
  return error.service?.code !== 'InsufficientCapacityException';
}

/** Refused for now, and without a job: a policy, or no room. */
export function isRefusedForNow(error: unknown): error is GlacierUpError {
  if (!hasCode(error, 'access-denied', 'temporary')) return false;
  const code = error.service?.code;
  return code === 'PolicyEnforcedException' || code === 'InsufficientCapacityException';
}
