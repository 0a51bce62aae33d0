"""Other systems' protocols, each translated to the services that everything else uses.

One package a door. A door stands above the gateway: its connections are links in the gateway's
hub like any other, so a push reaches them whatever they speak. Its habits stay inside it.
"""
