import { randomBytes } from 'node:crypto';

// Lengths and alphabet are those of real samples; like the real ones, an ID may begin with `-` or `_`.
const randomText = (length: number): string => randomBytes(length).toString('base64url').slice(0, length);

/** 92 characters. */
export const newUploadId = (): string => randomText(92);
/** 138 characters. */
export const newArchiveId = (): string => randomText(138);
/** 92 characters. */
export const newJobId = (): string => randomText(92);
/** 24 characters, for Initiate Vault Lock. */
export const newLockId = (): string => randomText(24);
/** For `x-amzn-RequestId`. */
export const newRequestId = (): string => randomText(47);
/** Names something of the folder that nobody outside sees. */
export const newToken = (): string => randomBytes(16).toString('hex');

const ARCHIVE_ID = /^[A-Za-z0-9_-]{138}$/;

/** True for a text that could be an archive ID. */
export const isArchiveId = (text: string): boolean => ARCHIVE_ID.test(text);
