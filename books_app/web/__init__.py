"""What the admin and the API of every app share: how a refusal looks, who may do what, how a change is written down.

It lies on the lowest floor with Django, because the apps above import it.
"""
