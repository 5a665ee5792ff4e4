/** What shows progress: a bar on a terminal, a line now and then elsewhere. */
export interface ProgressDisplay {
  update(): void;
  /** Runs `write` with the display out of the way. */
  aside(write: () => void): void;
  stop(): void;
}
