import {
  ClientMetadataError,
  ClientNotFoundError,
  ClientSecretNotFoundError,
  ConflictError,
  PreconditionFailedError,
} from '../../errors.ts'
import { sendProblem } from '../../http/problem.ts'
import type { SuperAdminHandler } from './authorize.ts'

/** Answers what the registry refuses. What else goes wrong is not an answer but a failure. */
export function sendingErrorResponses(handler: SuperAdminHandler): SuperAdminHandler {
  return async (ctx, parameters, by) => {
    try {
      await handler(ctx, parameters, by)
    } catch (error) {
      if (error instanceof ClientMetadataError) sendProblem(ctx, 422, error.message, error.issues)
      else if (error instanceof PreconditionFailedError) sendProblem(ctx, 412, error.message)
      else if (error instanceof ConflictError) sendProblem(ctx, 409, error.message)
      else if (isNotFound(error)) sendProblem(ctx, 404, error.message)
      else throw error
    }
  }
}

function isNotFound(error: unknown): error is ClientNotFoundError | ClientSecretNotFoundError {
  return error instanceof ClientNotFoundError || error instanceof ClientSecretNotFoundError
}
