// Messages of proto/counterfoil/v1/{primitives,block}.proto and membership/v1/membership.proto that more than one other needs.

import { message, repeated } from '../protobuf.js';

export const Money = message('Money', [
  [1, 'minor', 'u64'],
  [2, 'currency', 'string'],
]);

export const Day = message('Date', [
  [1, 'year', 'u32'],
  [2, 'month', 'u32'],
  [3, 'day', 'u32'],
]);

export const Accrual = message('Accrual', [
  [1, 'minor', 'u64'],
  [2, 'fraction', 'sint'],
  [3, 'to', Day],
]);

export const Validator = message('Validator', [
  [1, 'organization', 'string'],
  [2, 'public_key', 'bytes'],
  [3, 'power', 'u64'],
]);

export const ValidatorSet = message('ValidatorSet', [[1, 'validators', repeated(Validator)]]);

export const ConsensusParams = message('ConsensusParams', [
  [1, 'max_block_bytes', 'u64'],
  [2, 'timeout_propose_ms', 'u64'],
  [3, 'timeout_vote_ms', 'u64'],
  [4, 'timeout_delta_ms', 'u64'],
  [5, 'heartbeat_ms', 'u64'],
  [6, 'transaction_lifetime_ms', 'u64'],
]);

const Account = message('Account', [
  [1, 'public_key', 'bytes'],
  [2, 'permissions', repeated('enum')],
  [3, 'from_height', 'u64'],
  [4, 'until_height', 'u64'],
]);

const ApprovalRequirement = message('ApprovalRequirement', [
  [1, 'action_class', 'enum'],
  [2, 'above', Money],
  [3, 'approvals', 'u32'],
]);

export const Organization = message('Organization', [
  [1, 'id', 'string'],
  [2, 'legal_name', 'string'],
  [3, 'lei', 'string'],
  [4, 'national_id', 'string'],
  [5, 'roles', repeated('enum')],
  [6, 'accounts', repeated(Account)],
  [7, 'approval_rule', repeated(ApprovalRequirement)],
  [8, 'status', 'enum'],
]);
