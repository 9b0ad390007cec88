"""Calls the running server with the client that openapi-python-client made from its OpenAPI document."""

import os
from uuid import UUID

from client import AuthenticatedClient
from client.api.account import me_get
from client.api.usage_and_plans import plan_list, usage_get
from client.api.workflows import workflow_get, workflow_list
from client.models.me import Me
from client.models.plan_list import PlanList
from client.models.problem import Problem
from client.models.usage import Usage
from client.models.workflow_page import WorkflowPage

client = AuthenticatedClient(base_url=os.environ["FREEHOLD_URL"], token=os.environ["FREEHOLD_TOKEN"])

me = me_get.sync(client=client)
assert isinstance(me, Me) and me.email == "clients@example.test", me
plans = plan_list.sync(client=client)
assert isinstance(plans, PlanList) and plans.data, plans
usage = usage_get.sync(client=client)
assert isinstance(usage, Usage) and usage.meters, usage
page = workflow_list.sync(client=client, limit=1)
assert isinstance(page, WorkflowPage) and len(page.data) == 1, page
missing = workflow_get.sync(UUID(int=7), client=client)
assert isinstance(missing, Problem) and missing.code == "not_found" and missing.trace_id, missing
print("all of it")
