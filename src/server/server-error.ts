export type VaultServerErrorCode =
  | 'folder-in-use'
  | 'folder-newer'
  | 'folder-unusable'
  | 'port-in-use'
  | 'bad-fault'
  | 'bad-rate'
  | 'bad-seed';

/** Why the server cannot run. The message is for the person who started it and says what to do. */
export class VaultServerError extends Error {
  override readonly name = 'VaultServerError';
  readonly code: VaultServerErrorCode;

  constructor(code: VaultServerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
