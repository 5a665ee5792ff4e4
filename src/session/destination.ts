/** Where an archive goes, as it was spelled: enough to go there again. */
export interface Destination {
  profile: string | null;
  /** As given: `-` for the account of the credentials. */
  accountOption: string;
  region: string;
  /** A URL, `local:ID` for the embedded vault in a folder (its port changes), or null for AWS itself. */
  endpoint: string | null;
  vault: string;
}
