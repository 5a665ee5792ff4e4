import { randomBytes } from 'node:crypto';

// Lengths and alphabet are those of real samples; like the real ones, an ID may begin with `-` or `_`.
const randomText = (length: number): string => randomBytes(length).toString('base64url').slice(0, length);

export const newUploadId = (): string => randomText(92);
export const newArchiveId = (): string => randomText(138);
export const newJobId = (): string => randomText(92);
export const newLockId = (): string => randomText(24);
export const newRequestId = (): string => randomText(47);
export const newToken = (): string => randomBytes(16).toString('hex');

const ARCHIVE_ID = /^[A-Za-z0-9_-]{138}$/;

export const isArchiveId = (text: string): boolean => ARCHIVE_ID.test(text);
