/** The errors of the local KMS, with AWS's names and statuses. */

/** HTTP status of each error, as AWS documents it. */
export const kmsErrorStatus = {
  AccessDeniedException: 400,
  AlreadyExistsException: 400,
  DependencyTimeoutException: 503,
  DisabledException: 400,
  IncorrectKeyException: 400,
  InvalidCiphertextException: 400,
  KeyUnavailableException: 500,
  KMSInternalException: 500,
  MissingAuthenticationTokenException: 400,
  NotFoundException: 400,
  SerializationException: 400,
  ThrottlingException: 400,
  UnknownOperationException: 400,
  ValidationException: 400,
} as const;

export type KmsErrorCode = keyof typeof kmsErrorStatus;

/** A refusal by the local KMS. */
export class KmsError extends Error {
  override readonly name = "KmsError";
  readonly code: KmsErrorCode;

  constructor(code: KmsErrorCode, message = "") {
    super(message);
    this.code = code;
  }
}
