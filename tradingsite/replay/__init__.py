"""A recorded day through the same code: webhook, services, paper venue, marks and exits, on a virtual clock."""
